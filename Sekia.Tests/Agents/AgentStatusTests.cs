using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class AgentStatusTests
{
    private readonly TestClock _clock = new();

    [Fact]
    public async Task An_agent_is_registered_on_the_bus_in_the_wire_shape()
    {
        var feed = new LiveFeed();
        using var registrations = feed.Subscribe(SubjectPattern.Parse("sekia.registry"));
        await using var host = AgentHost.Start([new TestAgent()], clock: _clock, replace: services => services.AddSingleton(feed));
        await host.AgentAsync();

        var bodies = await BodiesAsync(registrations, 4);

        Assert.Contains($$"""{"name":"test-agent","version":"{{HostVersion.Text}}","capabilities":["testing"],"commands":["look","put","say"]}""", bodies);
    }

    [Fact]
    public async Task Heartbeats_go_by_on_the_bus_in_the_wire_shape()
    {
        var agent = new TestAgent { OnCall = (call, _) => call.Text == "no" ? throw new CommandFailedException("No.") : Task.FromResult("") };
        var feed = new LiveFeed();
        using var beats = feed.Subscribe(SubjectPattern.Parse("sekia.heartbeat.test-agent"));
        await using var host = AgentHost.Start([agent], clock: _clock, replace: services => services.AddSingleton(feed));

        var before = await BodiesAsync(beats, 1);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await host.WaitAsync(await host.SendAsync("say"), "succeeded");
        await host.WaitAsync(await host.SendAsync("say", "no"), "failed");
        await BeatAsync(host);
        var after = await BodiesAsync(beats, 1, body => body.Contains("\"errors\":1", StringComparison.Ordinal));

        Assert.Equal("""{"name":"test-agent","status":"running","last_event":"0001-01-01T00:00:00Z","events_processed":0,"errors":0}""", Assert.Single(before));
        Assert.Equal("""{"name":"test-agent","status":"running","last_event":"2026-01-01T00:01:00Z","events_processed":1,"errors":1}""", Assert.Single(after));
    }

    [Fact]
    public async Task An_agent_is_shown_with_all_it_can_do()
    {
        await using var host = AgentHost.Start(new TestAgent(), clock: _clock);
        await BeatAsync(host);

        var agent = await host.AgentAsync();

        Assert.Equal(("alive", HostVersion.Text, "2026-01-01T00:00:30.000Z", "2026-01-01T00:00:00.000Z"),
            ((string)agent["status"]!, (string)agent["version"]!, (string)agent["last_heartbeat"]!, (string)agent["registered_at"]!));
        Assert.Equal("""["look","put","say"]""", agent["commands"]!.ToJsonString());
        var say = agent["command_schemas"]!.AsArray()[2]!;
        Assert.Equal(("say", "Says something, and says it twice when asked twice.", false, false),
            ((string)say["name"]!, (string)say["description"]!, (bool)say["read_only"]!, (bool)say["idempotent"]!));
        Assert.Equal("How loud.", (string)say["schema"]!["properties"]!["volume"]!["description"]!);
    }

    [Fact]
    public async Task An_agent_whose_reading_hangs_is_stale_ninety_seconds_after_its_last_heartbeat()
    {
        var answer = new TaskCompletionSource<SourceBatch?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var agent = new TestAgent { OnRead = (_, token) => answer.Task.WaitAsync(token) };
        await using var host = AgentHost.Start(agent, clock: _clock);
        await Eventually.HoldsAsync(() => agent.Cursors.Count == 1);

        await BeatAsync(host, times: 4);
        Assert.Equal(("alive", "2026-01-01T00:00:30.000Z"), await StatusAsync(host));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(("stale", "2026-01-01T00:00:30.000Z"), await StatusAsync(host));
        Assert.Equal("alive", (string)(await host.AgentAsync("http-agent"))["status"]!);

        answer.SetResult(new SourceBatch([], "1", TimeSpan.FromHours(1)));
        await Eventually.GetAsync(
            async () =>
            {
                // What is read is on disk a moment before the loop turns again.
                await BeatAsync(host);
                return await StatusAsync(host) is ("alive", _) ? host : null;
            },
            () => "it is alive again");
    }

    [Fact]
    public async Task An_agent_that_keeps_the_thread_of_a_command_is_stale()
    {
        using var answer = new ManualResetEventSlim();
        var agent = new TestAgent
        {
            OnCall = (_, _) =>
            {
                // Nothing can take the thread from it, whatever the time.
                answer.Wait(TimeSpan.FromMinutes(1), CancellationToken.None);
                return Task.FromResult("at last");
            },
        };
        await using var host = AgentHost.Start(agent, new AgentOptions { CommandTimeout = TimeSpan.FromSeconds(5) }, _clock);
        var id = await host.SendAsync("look");
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);

        await BeatAsync(host, times: 4);
        Assert.Equal(("alive", "2026-01-01T00:00:30.000Z"), await StatusAsync(host));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("stale", (await StatusAsync(host)).Status);

        answer.Set();
        await host.WaitAsync(id, "succeeded");
        await BeatAsync(host);
        Assert.Equal("alive", (await StatusAsync(host)).Status);
    }

    [Fact]
    public async Task An_agent_is_starting_before_its_first_heartbeat_and_stopped_after_the_last()
    {
        var agents = new LiveOptions<AgentsOptions>(new AgentsOptions());
        var entry = new AgentEntry(new TestAgent(), () => new AgentOptions(), agents, _clock);
        Assert.Equal(AgentStatus.Starting, entry.Status);

        AgentRegistry registry;
        await using (var host = AgentHost.Start(new TestAgent(), clock: _clock))
        {
            registry = host.Get<AgentRegistry>();
        }

        Assert.All(registry.Agents, agent => Assert.Equal(AgentStatus.Stopped, agent.Status));
    }

    private static async Task<(string Status, string LastHeartbeat)> StatusAsync(AgentHost host) =>
        await host.AgentAsync() is var agent ? ((string)agent["status"]!, (string)agent["last_heartbeat"]!) : default;

    /// <summary>Goes from one heartbeat to the next, by an agent whose heart always beats.</summary>
    private async Task BeatAsync(AgentHost host, int times = 1)
    {
        var steady = host.Get<AgentRegistry>().Find("http-agent")!;
        await Eventually.HoldsAsync(() => steady.LastHeartbeatAt != 0);
        for (var i = 0; i < times; i++)
        {
            var next = DateTimeOffset.FromUnixTimeMilliseconds(steady.LastHeartbeatAt) + TimeSpan.FromSeconds(30);
            _clock.Advance(next - _clock.GetUtcNow());
            await Eventually.HoldsAsync(() => steady.LastHeartbeatAt == next.ToUnixTimeMilliseconds());
        }
    }

    private static async Task<string[]> BodiesAsync(Subscription subscription, int count, Func<string, bool>? which = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var bodies = new List<string>();
        await foreach (var message in subscription.ReadAllAsync(limit.Token))
        {
            var body = Encoding.UTF8.GetString(message.Body.Span);
            if (which?.Invoke(body) ?? true)
            {
                bodies.Add(body);
            }

            if (bodies.Count == count)
            {
                break;
            }
        }

        return [.. bodies];
    }
}
