using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Healing;
using Sekia.Modules.Journal;
using Sekia.Tests.GitHub.Deliveries;
using Sekia.Tests.Support;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub.Healing;

public sealed class HealingTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestClock _clock = new();
    private RecordingServer _server = null!;
    private ScriptedHooks _github = null!;

    public async Task InitializeAsync()
    {
        _server = await RecordingServer.StartAsync();
        _github = new ScriptedHooks(_server);
    }

    [Fact]
    public async Task What_nobody_took_is_asked_for_once_each_also_over_restarts()
    {
        _github.Add("too old", 502, TimeSpan.FromDays(4));
        _github.Add("old", 502, TimeSpan.FromDays(2));
        _github.Add("taken", 200, TimeSpan.FromHours(3));
        _github.Add("taken later", 502, TimeSpan.FromHours(3));
        _github.Add("taken later", 200, TimeSpan.FromHours(2), redelivery: true);
        _github.Add("failed twice", 0, TimeSpan.FromHours(2));
        _github.Add("failed twice", 504, TimeSpan.FromHours(1), redelivery: true);
        await using (var host = Start())
        {
            await LookAsync(3);
            Assert.Equal(["failed twice", "old"], _github.Asked.Order());
        }

        // Down again: the new one fails, and a demand that was met with failure is not repeated.
        _github.Add("new", 502);
        _github.Add("old", 502, redelivery: true);
        await using (var host = Start())
        {
            await LookAsync(4);
            Assert.Equal(["failed twice", "new", "old"], _github.Asked.Order());
        }
    }

    [Fact]
    public async Task What_comes_because_it_was_asked_for_is_marked()
    {
        _github.Add("missed", 502, TimeSpan.FromHours(1));
        // The host asks as soon as it runs, which may be before there is a client.
        var started = new TaskCompletionSource<HttpClient>(TaskCreationOptions.RunContinuationsAsynchronously);
        _github.OnRedelivery = async guid => await DeliverAsync(await started.Task, guid, 1);
        await using var host = Start();
        using var client = host.CreateClient();
        started.SetResult(client);

        await LookAsync(3);
        await DeliverAsync(client, "another", 2);

        var (events, _) = host.Get<EventJournal>().Reader.Events(0, long.MaxValue, subject => subject == "sekia.events.github", type: null, limit: 10);
        Assert.Equal(
            [(1, true), (2, false)],
            events.Select(evt => JsonElement.Parse(evt.Payload.Span)).Select(payload => (payload.GetProperty("number").GetInt32(), payload.TryGetProperty("healed", out var healed) && healed.GetBoolean())));
    }

    [Fact]
    public async Task What_was_asked_for_before_a_restart_is_marked_after_it()
    {
        _github.Add("missed", 502, TimeSpan.FromHours(1));
        await using (var host = Start())
        {
            await LookAsync(3);
        }

        _server.On($"GET /repos/{ScriptedHooks.Repository}/hooks", 503);
        await using var again = Start();
        using var client = again.CreateClient();
        await DeliverAsync(client, "missed", 1);

        var (events, _) = again.Get<EventJournal>().Reader.Events(0, long.MaxValue, subject => subject == "sekia.events.github", type: null, limit: 10);
        Assert.True(JsonElement.Parse(Assert.Single(events).Payload.Span).GetProperty("healed").GetBoolean());
    }

    [Fact]
    public async Task After_a_crash_in_between_the_list_tells_what_was_asked_for()
    {
        _github.Add("asked", 502, TimeSpan.FromHours(1));
        _github.Add("asked", 502, redelivery: true);
        _github.Add("not asked", 502, TimeSpan.FromHours(1));
        var cursor = new HealCursor();
        foreach (var (guid, delivery) in new[] { ("asked", 1000), ("not asked", 1002) })
        {
            cursor.Due[guid] = new Missed(ScriptedHooks.Repository, 1, delivery, _github.Now);
        }

        await using (var before = Start(("GitHub:Heal:Repos", "")))
        {
            await before.Get<EventJournal>().AppendAsync([], new SourceCursor("github-healer", cursor.ToString()), CancellationToken.None);
        }

        await using var host = Start();
        await LookAsync(1);
        Assert.Empty(_github.Asked);

        _github.Now += TimeSpan.FromMinutes(5);
        await LookAsync(3);
        Assert.Equal(["not asked"], _github.Asked);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Without_the_permission_it_says_which_and_all_else_goes_on(int status)
    {
        _server.On($"GET /repos/{ScriptedHooks.Repository}/hooks", status, """{"message":"Resource not accessible by personal access token"}""");
        await using var host = Start();
        using var client = host.CreateClient();
        await LookAsync(2);

        var agents = host.Get<AgentRegistry>();
        var reason = agents.Find("github-healer")!.DegradedBecause;
        Assert.Contains("\"Webhooks: read and write\"", reason, StringComparison.Ordinal);
        Assert.Contains("acme/shop", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("not-a-token", reason, StringComparison.Ordinal);
        Assert.Null(agents.Find("github-agent")!.DegradedBecause);
        Assert.Equal(200, await DeliverAsync(client, "d1", 1));
    }

    [Fact]
    public async Task Where_no_webhook_leads_here_it_says_so()
    {
        _server.On($"GET /repos/{ScriptedHooks.Repository}/hooks", 200, """[{"id":2,"active":true,"config":{"url":"https://ci.example.com/"}}]""");
        await using var host = Start();
        await LookAsync(2);

        Assert.Contains("acme/shop: none of its webhooks leads here", host.Get<AgentRegistry>().Find("github-healer")!.DegradedBecause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_github_asks_to_wait_the_rest_is_asked_for_after_that()
    {
        _github.Add("first", 502, TimeSpan.FromHours(2));
        _github.Add("second", 502, TimeSpan.FromHours(1));
        _github.Refusals.Enqueue(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7200";
            return Task.CompletedTask;
        });
        await using var host = Start();
        var agent = host.Get<AgentRegistry>().Find("github-healer")!;

        await Eventually.HoldsAsync(() => agent.DegradedBecause is not null);
        Assert.Empty(_github.Asked);
        await Eventually.HoldsAsync(() => _clock.IsAnyoneWaitingFor(_clock.GetUtcNow() + TimeSpan.FromHours(1)), "the pause, of an hour at most");

        await LookAsync(3);

        Assert.Equal(["first", "second"], _github.Asked.Order());
        Assert.Null(agent.DegradedBecause);
    }

    [Theory]
    [InlineData("/hooks", 429, "Retry-After", "600", 600)]
    [InlineData("/hooks", 403, "X-RateLimit-Remaining", "0", 601)]
    [InlineData("/deliveries", 429, "Retry-After", "600", 600)]
    [InlineData("/deliveries", 403, "X-RateLimit-Remaining", "0", 601)]
    public async Task A_list_that_a_limit_cuts_off_is_read_when_it_is_over(string list, int status, string header, string value, int seconds)
    {
        foreach (var guid in (string[])["first", "second", "third"])
        {
            _github.Add(guid, 502, TimeSpan.FromHours(1));
        }

        var reset = (_github.Now + TimeSpan.FromSeconds(600)).ToUnixTimeSeconds();
        RequestDelegate refuse = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Date = _github.Now.ToString("R", CultureInfo.InvariantCulture);
            context.Response.Headers["X-RateLimit-Limit"] = "5000";
            context.Response.Headers["X-RateLimit-Reset"] = $"{reset}";
            context.Response.Headers[header] = value;
            return Task.CompletedTask;
        };
        _github.ListRefusals = (list, new Queue<RequestDelegate>([refuse]));
        await using var host = Start();
        var agent = host.Get<AgentRegistry>().Find("github-healer")!;

        await Eventually.HoldsAsync(() => _clock.IsAnyoneWaitingFor(_clock.GetUtcNow() + TimeSpan.FromSeconds(seconds)), "the pause that GitHub asks for");
        var asked = _server.Requests.Count;
        _clock.Advance(TimeSpan.FromSeconds(590));
        Assert.Equal(asked, _server.Requests.Count);
        Assert.NotNull(agent.DegradedBecause);

        await LookAsync(3);

        Assert.Equal(["first", "second", "third"], _github.Asked.Order());
        Assert.Null(agent.DegradedBecause);
    }

    [Fact]
    public async Task An_account_with_a_name_looks_for_webhooks_that_lead_to_it()
    {
        _server.On($"GET /repos/{ScriptedHooks.Repository}/hooks", 200, """[{"id":1,"active":true,"config":{"url":"https://sekia.example.com/webhooks/github/work"}}]""");
        _github.Now = TimeProvider.System.GetUtcNow();
        _github.Add("missed", 502);
        await using var host = Start(
            ("GitHub:Instances:work:Token", "not-a-token"),
            ("GitHub:Instances:work:BaseUrl", _server.Address),
            ("GitHub:Instances:work:Heal:Repos", ScriptedHooks.Repository));
        await Eventually.HoldsAsync(() => host.Get<AgentRegistry>().Find("github-healer")!.DegradedBecause is not null);
        await Eventually.HoldsAsync(() =>
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            return _github.Asked.Count > 0;
        });

        Assert.Contains("leads here", host.Get<AgentRegistry>().Find("github-healer")!.DegradedBecause, StringComparison.Ordinal);
        Assert.Null(host.Get<AgentRegistry>().Find("work-healer")!.DegradedBecause);
    }

    [Theory]
    [InlineData("GitHub:DryRun", "true")]
    [InlineData("Agents:DryRun", "true")]
    [InlineData("GitHub:Token", "")]
    [InlineData("GitHub:Heal:Repos", "")]
    public async Task Nothing_is_asked_for_where_nothing_is_to_be_sent(string setting, string value)
    {
        await using var host = Start((setting, value));
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Empty(_server.Requests);
    }

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    public void Dispose() => _folder.Dispose();

    private SekiaHost Start(params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["Journal:Mode"] = "Durable",
            ["Journal:Path"] = _folder.File("sekia.db"),
            ["GitHub:BaseUrl"] = _server.Address,
            ["GitHub:Token"] = "not-a-token",
            ["GitHub:WebhookSecret"] = DeliveryHarness.Secret,
            ["GitHub:Heal:Repos"] = ScriptedHooks.Repository,
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var host = new SekiaHost(all, services => services.AddSingleton<TimeProvider>(_clock));
        _ = host.Services;
        return host;
    }

    /// <summary>Lets time pass until so many looks more have begun: what the one before found is on disk then.</summary>
    private async Task LookAsync(int looks)
    {
        var until = _github.Looks + looks;
        await Eventually.HoldsAsync(() =>
        {
            _clock.Advance(_github.Looks < until ? TimeSpan.FromMinutes(1) : TimeSpan.Zero);
            return _github.Looks >= until;
        });
    }

    private static async Task<int> DeliverAsync(HttpClient client, string guid, int number)
    {
        var body = Encoding.UTF8.GetBytes($$$"""{"action":"opened","issue":{"number":{{{number}}}}}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/github") { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-GitHub-Event", "issues");
        request.Headers.Add("X-GitHub-Delivery", guid);
        request.Headers.Add("X-Hub-Signature-256", WebhookHarness.Sign(DeliveryHarness.Secret, body));
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (int)response.StatusCode;
    }
}
