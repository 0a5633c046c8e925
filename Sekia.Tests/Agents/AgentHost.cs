using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

/// <summary>The whole host with a test's agents in it, asked over HTTP like by anyone else.</summary>
internal sealed class AgentHost : IAsyncDisposable
{
    private readonly SekiaHost _host;
    private readonly HttpClient _client;
    private readonly TestClock? _clock;

    private AgentHost(SekiaHost host, TestClock? clock)
    {
        _host = host;
        _clock = clock;
        _client = host.CreateClient();
    }

    public TemporaryFolder Root => _host.Root;

    /// <summary>Starts a host with one agent.</summary>
    public static AgentHost Start(TestAgent agent, AgentOptions? options = null, TestClock? clock = null, IReadOnlyDictionary<string, string>? settings = null) =>
        Start([agent], options, clock, settings);

    public static AgentHost Start(
        TestAgent[] agents,
        AgentOptions? options = null,
        TestClock? clock = null,
        IReadOnlyDictionary<string, string>? settings = null,
        Action<IServiceCollection>? replace = null) => new(new SekiaHost(settings, services =>
        {
            var live = options ?? new AgentOptions();
            foreach (var agent in agents)
            {
                services.AddSingleton(new AgentInstance(agent, () => live));
            }

            if (clock is not null)
            {
                services.AddSingleton<TimeProvider>(clock);
            }

            replace?.Invoke(services);
        }), clock);

    /// <summary>Settings for a journal that outlives its host.</summary>
    public static Dictionary<string, string> DurableIn(TemporaryFolder folder) => new()
    {
        ["Journal:Mode"] = "Durable",
        ["Journal:Path"] = folder.File("sekia.db"),
    };

    public T Get<T>()
        where T : notnull => _host.Get<T>();

    /// <summary>Sends a command that is accepted, and gives its id.</summary>
    public async Task<string> SendAsync(string command, string text = "x", string agent = "test-agent")
    {
        var (status, body) = await PostAsync("/api/v1/commands", new { agent, command, payload = new { text } });
        Assert.Equal(HttpStatusCode.Accepted, status);
        return (string)body["id"]!;
    }

    /// <param name="body">JSON text, or what becomes JSON; nothing when there is none.</param>
    public async Task<(HttpStatusCode Status, JsonObject Body)> PostAsync(string path, object? body = null)
    {
        using HttpContent? content = body switch { null => null, string json => new StringContent(json), _ => JsonContent.Create(body) };
        using var answer = await _client.PostAsync(path, content);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    public async Task<JsonObject> GetAsync(string path) => (await _client.GetFromJsonAsync<JsonObject>(path))!;

    /// <summary>A command as the API shows it.</summary>
    public Task<JsonObject> CommandAsync(string id) => GetAsync($"/api/v1/commands/{id}");

    /// <summary>An agent as the API shows it.</summary>
    public async Task<JsonObject> AgentAsync(string name = "test-agent") =>
        (await GetAsync("/api/v1/agents"))["agents"]!.AsArray().Select(agent => agent!.AsObject()).Single(agent => (string)agent["name"]! == name);

    /// <summary>Waits until a command has a status and all are told of it, and gives it.</summary>
    public async Task<JsonObject> WaitAsync(string id, string status)
    {
        JsonObject? last = null;
        var found = await Eventually.GetAsync(
            async () => (string)(last = await CommandAsync(id))["status"]! == status ? last : null,
            () => $"command {id} {status}; it is {last}");
        await Get<EventJournal>().ToldAsync();
        return found;
    }

    /// <summary>Waits until a command has failed for a passing reason and, with a clock, its timer is set for the next attempt; gives it.</summary>
    public async Task<JsonObject> WaitForPauseAsync(string id, int attempts)
    {
        JsonObject? last = null;
        var found = await Eventually.GetAsync(
            async () => (last = await CommandAsync(id)) is var command && (int)command["attempts"]! == attempts && command["next_attempt_at"] is not null ? command : null,
            () => $"command {id} paused after attempt {attempts}; it is {last}");
        if (_clock is { } clock)
        {
            await clock.SomeoneWaitsForAsync((long)found["next_attempt_at"]!);
        }

        return found;
    }

    /// <summary>How many commands stand at each status.</summary>
    public async Task<Dictionary<string, long>> SumsAsync() =>
        (await GetAsync("/api/v1/status"))["commands"]!.AsObject().ToDictionary(sum => sum.Key, sum => (long)sum.Value!);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }
}
