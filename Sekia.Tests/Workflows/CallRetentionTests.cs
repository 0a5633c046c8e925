using System.Net;
using System.Text;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>What becomes of runs that ask, and of the answers they had, when old entries are removed and when there is no room for new ones.</summary>
public sealed class CallRetentionTests
{
    private const string Ask = """
        sekia.on("sekia.events.test", function(event)
          local result, err = sekia.call("test-agent", "say", { text = "hi" })
          if err then error(err) end
          sekia.state.set("result", result)
        end)
        """;

    private const int LargeEvents = 20;
    private const string Fail = """sekia.on("sekia.events.test", function() error("not yet") end)""";

    private static readonly (string, string) s_small = ("Journal:KeepBytes", "16777216");

    private readonly TestAgent _agent = new();

    [Fact]
    public async Task A_run_that_is_retried_long_after_gets_the_answer_it_had()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start(
            [("flow", Ask.Replace("\nend)", "\n  error(\"later\")\nend)", StringComparison.Ordinal))], _agent, clock: clock, settings: ("Journal:SweepInterval", "1.00:00:00"));
        await host.HandleAsync(source: "other");
        await host.HandleAsync();

        clock.Advance(TimeSpan.FromDays(8));
        await host.Get<Retention>().SweepAsync(CancellationToken.None);
        Assert.Equal("test", (string?)Assert.Single(await host.EventsAsync("test.happened"))["source"]);
        await host.ChangeAsync(Ask);
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();

        Assert.Equal("\"hi\"", host.State("result"));
        Assert.Single(_agent.Calls);

        clock.Advance(TimeSpan.FromDays(8));
        await host.Get<Retention>().SweepAsync(CancellationToken.None);
        Assert.Empty(await host.CommandsAsync());
    }

    [Fact]
    public async Task When_all_that_is_left_waits_for_a_workflow_that_asks_it_is_done_all_the_same()
    {
        await using var host = EngineHost.Start(Ask, _agent, settings: s_small);
        await host.PostAsync("/api/v1/workflows/flow/disable", status: HttpStatusCode.OK);
        await FillAsync(host);

        await host.PostAsync("/api/v1/workflows/flow/enable", status: HttpStatusCode.OK);

        await AssertRoomAsync(host);
    }

    [Fact]
    public async Task When_all_that_is_left_are_failed_runs_they_can_be_tried_again()
    {
        await using var host = EngineHost.Start(Fail, _agent, settings: s_small);
        await FillAsync(host);
        await host.QuietAsync();

        await host.ChangeAsync(Ask);
        await host.PostAsync("/api/v1/failures/retry");

        await AssertRoomAsync(host);
        Assert.Empty(await host.FailuresAsync());
    }

    private static async Task FillAsync(EngineHost host)
    {
        var payload = Encoding.UTF8.GetBytes($$"""{"text":"{{new string('x', 1_000_000)}}"}""");
        for (var n = 0; n < LargeEvents; n++)
        {
            await host.Get<EventBus>().PublishAsync(
                new Event { Subject = Subject.OfEvents("test"), Type = "test.large", Source = "test", Payload = payload }, CancellationToken.None);
        }

        await host.Get<Retention>().SweepAsync(CancellationToken.None);
        await host.PostAsync("/api/v1/events", new { type = "test.happened", source = "test" }, HttpStatusCode.ServiceUnavailable);
        await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { text = "x" } }, HttpStatusCode.ServiceUnavailable);
    }

    private async Task AssertRoomAsync(EngineHost host)
    {
        await host.QuietAsync();
        await host.Get<Retention>().SweepAsync(CancellationToken.None);
        await host.PublishAsync(source: "other");
        Assert.Equal(LargeEvents, _agent.Calls.Count);
    }
}
