using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>The whole host with workflows and a test's agent in it, asked over HTTP like by anyone else.</summary>
internal sealed class EngineHost : IAsyncDisposable
{
    /// <summary>
    /// Lua that keeps its thread within one call of C's, where no hook fires: for some seconds of a core, and not for ever, or it would slow down
    /// all the tests that come after.
    /// </summary>
    public const string HeldCall = """string.find(string.rep("a", 2200), "^.-.-.-b")""";

    private readonly SekiaHost _host;
    private readonly HttpClient _client;

    private EngineHost(SekiaHost host)
    {
        _host = host;
        _client = host.CreateClient();
    }

    public string Folder => _host.Root.File("workflows");

    /// <summary>All that the host has logged so far.</summary>
    public string Log => _host.Root.Log();

    /// <summary>Starts a host with one workflow, named <c>flow</c>.</summary>
    public static EngineHost Start(string flow, TestAgent? agent = null, AgentOptions? options = null, params (string Key, string Value)[] settings) =>
        Start([("flow", flow)], agent, options, settings: settings);

    /// <summary>Starts a host with workflows. Files change only when a test says so, unless a setting says otherwise.</summary>
    public static EngineHost Start(
        (string Name, string Source)[] flows, TestAgent? agent = null, AgentOptions? options = null, TimeProvider? clock = null, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["Workflows:HotReload"] = "false" };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var live = options ?? new AgentOptions();
        var host = new SekiaHost(all, services =>
        {
            services.AddSingleton(new AgentInstance(agent ?? new TestAgent(), () => live));
            if (clock is not null)
            {
                services.AddSingleton(clock);
            }
        });
        Directory.CreateDirectory(host.Root.File("workflows"));
        foreach (var (name, source) in flows)
        {
            host.Root.Write($"workflows/{name}.lua", source);
        }

        return new EngineHost(host);
    }

    /// <summary>Settings for a journal that outlives its host.</summary>
    public static (string, string)[] DurableIn(TemporaryFolder folder) => [("Journal:Mode", "Durable"), ("Journal:Path", folder.File("sekia.db"))];

    public T Get<T>()
        where T : notnull => _host.Get<T>();

    /// <summary>A workflow as it runs.</summary>
    public Workflow Flow(string name = "flow") => Get<WorkflowEngine>().Workflows.Single(workflow => workflow.Name == name);

    /// <summary>Writes a file, as editors do: whoever reads it meanwhile finds the old one or the new one whole.</summary>
    public void Write(string name, string source)
    {
        var path = Path.Combine(Folder, name + ".lua");
        File.WriteAllText(path + "~", source);
        File.Move(path + "~", path, overwrite: true);
    }

    public Task ReloadAsync() => PostAsync("/api/v1/workflows/reload", null, HttpStatusCode.OK);

    /// <summary>Replaces a file and waits until its version runs.</summary>
    public async Task ChangeAsync(string source, string name = "flow")
    {
        Write(name, source);
        await ReloadAsync();
        var hash = WorkflowVersion.HashOf(System.Text.Encoding.UTF8.GetBytes(source));
        await Eventually.HoldsAsync(() => Flow(name).Current?.Hash == hash);
    }

    /// <summary>Waits until every schedule is set to a time and the timer for the next one runs: set after the clock has moved on, it would fire too late.</summary>
    public Task ScheduledAsync()
    {
        var (clock, timetable) = ((TestClock)Get<TimeProvider>(), Get<Timetable>());
        return Eventually.HoldsAsync(() =>
        {
            DateTimeOffset?[] dues = [.. Get<WorkflowEngine>().Workflows.SelectMany(flow => flow.Current?.Script.Schedules.Select(schedule => timetable.NextDue(flow.Name, schedule)) ?? [])];
            return dues.Length > 0 && Array.TrueForAll(dues, due => due is not null) && clock.IsAnyoneWaitingFor(dues.Min()!.Value);
        });
    }

    /// <summary>Posts an event, and gives its id.</summary>
    public async Task<string> PublishAsync(string type = "test.happened", object? payload = null, string source = "test") =>
        (string)(await PostAsync("/api/v1/events", new { type, source, payload }, HttpStatusCode.Accepted))["id"]!;

    /// <summary>Posts many events, each with its number in the payload.</summary>
    public Task FloodAsync(int from, int to, string source = "test") => Task.Run(async () =>
    {
        foreach (var chunk in Enumerable.Range(from, to - from).Chunk(100))
        {
            await Get<EventBus>().PublishAsync(
                [.. chunk.Select(i => new Event { Subject = Subject.OfEvents(source), Type = "test.flood", Source = source, Payload = System.Text.Encoding.UTF8.GetBytes($$"""{"i":{{i}}}""") })],
                CancellationToken.None);
        }
    });

    /// <summary>As when the disk is full: the journal may have no more pages than it has, or than these.</summary>
    public Task LimitPagesAsync(int pages) =>
        Get<EventJournal>().CommitAsync(new Journal.TestWrite(transaction => transaction.Database.Execute($"PRAGMA max_page_count = {pages}")), CancellationToken.None);

    /// <summary>As when there is room on the disk again.</summary>
    public async Task GiveRoomAsync()
    {
        Task given;
        do
        {
            // Whoever shares its transaction and finds no room yet makes it fail too.
            given = LimitPagesAsync(1_000_000);
            await given.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!given.IsCompletedSuccessfully);
    }

    /// <summary>Waits until every event that was accepted so far is done by all workflows: a consumer that has been replaced no longer knows what waits.</summary>
    public Task QuietAsync() => Eventually.HoldsAsync(
        () => Get<WorkflowEngine>().Workflows.All(workflow => workflow.Consumer is { Replaced: false } consumer && consumer.Sums.Waiting == 0));

    /// <summary>Posts an event, and waits until it is done.</summary>
    public async Task<string> HandleAsync(string type = "test.happened", object? payload = null, string source = "test")
    {
        var id = await PublishAsync(type, payload, source);
        await QuietAsync();
        return id;
    }

    /// <summary>What a workflow keeps under a key, as JSON text; <c>null</c> when there is nothing.</summary>
    public string? State(string key, string name = "flow") => Flow(name).Memory[key] is { } json ? System.Text.Encoding.UTF8.GetString(json.Span) : null;

    public async Task<JsonObject> GetAsync(string path) => (await _client.GetFromJsonAsync<JsonObject>(path))!;

    /// <summary>A workflow as the API shows it.</summary>
    public async Task<JsonObject> ViewAsync(string name = "flow") =>
        (await GetAsync("/api/v1/workflows"))["workflows"]!.AsArray().Select(one => one!.AsObject()).Single(one => (string)one["name"]! == name);

    public async Task<JsonObject[]> RunsAsync(string query = "") => Items(await GetAsync("/api/v1/runs" + query), "runs");

    public async Task<JsonObject[]> FailuresAsync(string query = "") => Items(await GetAsync("/api/v1/failures" + query), "runs");

    public async Task<JsonObject[]> CommandsAsync() => Items(await GetAsync("/api/v1/commands"), "commands");

    /// <summary>The published events of a type.</summary>
    public async Task<JsonObject[]> EventsAsync(string type) => [.. Items(await GetAsync("/api/v1/events?limit=1000"), "events").Where(evt => (string)evt["type"]! == type)];

    /// <summary>In one word, what a workflow did with an event.</summary>
    public async Task<string> OutcomeAsync(string id, string name = "flow") =>
        (await GetAsync($"/api/v1/events/{id}/why"))["workflows"]!.AsArray().Where(one => (string)one!["workflow"]! == name).Select(one => (string)one!["outcome"]!).Single();

    public async Task<JsonObject> PostAsync(string path, object? body = null, HttpStatusCode? status = null)
    {
        using var answer = await _client.PostAsync(path, body is null ? null : JsonContent.Create(body));
        var json = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.True(answer.StatusCode == (status ?? HttpStatusCode.Accepted), $"{path}: {answer.StatusCode} {json}");
        return json;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    private static JsonObject[] Items(JsonObject page, string name) => [.. page[name]!.AsArray().Select(item => item!.AsObject())];
}
