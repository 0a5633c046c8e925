using System.Net;
using Sekia.Modules.Workflows;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>What a run asks for happens as a whole, or not at all and later once.</summary>
public sealed class AllOrNothingTests
{
    private const string Good = """
        sekia.on("sekia.events.test", function(event)
          sekia.command("test-agent", "say", { text = "one" })
          sekia.command("test-agent", "say", { text = "two" })
          sekia.state.set("done", (sekia.state.get("done") or 0) + 1)
          sekia.publish("sekia.events.out", "out.made", { from = event.id })
        end)
        """;

    /// <summary>Two handlers that an event of the tests is not for.</summary>
    private const string Others = """
        sekia.on("sekia.events.deploy", function() sekia.state.set("wrong", true) end)
        sekia.on("sekia.events.test", { type = "test.other" }, function() sekia.state.set("wrong", true) end)

        """;

    private const string Gone =
        "the workflow has no handler any more with the pattern and type filter of the one that failed, number 1 then; put it back, or dismiss this";

    private static readonly string s_bad = Good.Replace("\nend)", "\n  error(\"no luck\")\nend)", StringComparison.Ordinal);

    [Fact]
    public async Task A_handler_that_raises_leaves_nothing_but_a_dead_letter()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(s_bad, agent);

        await host.HandleAsync();

        var failure = Assert.Single(await host.FailuresAsync());
        Assert.Equal("flow.lua:6: no luck", (string?)failure["reason"]);
        Assert.Contains("flow.lua:6", (string?)failure["traceback"], StringComparison.Ordinal);
        Assert.Equal(WorkflowVersion.HashOf(System.Text.Encoding.UTF8.GetBytes(s_bad)), (string?)failure["version"]);
        Assert.Equal((0, 0), ((int)failure["commands"]!, (int)failure["events"]!));
        Assert.Empty(await host.CommandsAsync());
        Assert.Empty(await host.EventsAsync("out.made"));
        Assert.Null(host.State("done"));
        Assert.Empty(agent.Calls);
    }

    [Fact]
    public async Task After_a_fix_and_a_retry_each_effect_happens_once()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(s_bad, agent);
        var id = await host.HandleAsync();
        Assert.Equal("failed", await host.OutcomeAsync(id));

        await host.ChangeAsync(Good);
        await RetryAsync(host);

        await AssertDoneOnceAsync(host, agent, id);
        Assert.Equal("ok", await host.OutcomeAsync(id));
    }

    [Fact]
    public async Task A_retry_that_is_asked_for_many_times_at_once_happens_once()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(s_bad, agent);
        var id = await host.HandleAsync();
        await host.ChangeAsync(Good);
        var failure = (long)Assert.Single(await host.FailuresAsync())["id"]!;

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await host.PostAsync($"/api/v1/failures/{failure}/retry");
            }
            catch (Xunit.Sdk.TrueException)
            {
                // The first was quicker.
            }
        }));
        await host.QuietAsync();

        await AssertDoneOnceAsync(host, agent, id);
    }

    [Fact]
    public async Task A_retry_that_fails_again_is_one_dead_letter_and_not_two()
    {
        await using var host = EngineHost.Start(s_bad);
        await host.HandleAsync();
        var first = (long)Assert.Single(await host.FailuresAsync())["id"]!;

        await RetryAsync(host);

        Assert.NotEqual(first, (long)Assert.Single(await host.FailuresAsync())["id"]!);
    }

    [Fact]
    public async Task A_dismissed_failure_is_gone_and_cannot_be_retried()
    {
        await using var host = EngineHost.Start(s_bad);
        await host.HandleAsync();
        var failure = (long)Assert.Single(await host.FailuresAsync())["id"]!;

        await host.PostAsync($"/api/v1/failures/{failure}/dismiss", status: HttpStatusCode.OK);

        Assert.Empty(await host.FailuresAsync());
        await host.PostAsync($"/api/v1/failures/{failure}/retry", status: HttpStatusCode.NotFound);
        await host.PostAsync($"/api/v1/failures/{failure}/dismiss", status: HttpStatusCode.NotFound);
        Assert.NotNull(Assert.Single(await host.RunsAsync("?outcome=failed"))["dismissed_at"]);
    }

    [Fact]
    public async Task All_failures_of_one_workflow_are_retried_and_those_of_others_stay()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start([("flow", s_bad), ("other", s_bad)], agent);
        for (var i = 0; i < 5; i++)
        {
            await host.HandleAsync();
        }

        await host.ChangeAsync(Good);
        Assert.Equal(5, (int)(await host.PostAsync("/api/v1/failures/retry?workflow=flow"))["count"]!);
        await host.QuietAsync();

        Assert.Equal("5", host.State("done"));
        Assert.Empty(await host.FailuresAsync("?workflow=flow"));
        Assert.Equal(5, (await host.FailuresAsync("?workflow=other")).Length);
        await Eventually.HoldsAsync(() => agent.Calls.Count == 10);
    }

    [Fact]
    public async Task All_failures_of_one_workflow_are_dismissed_and_those_of_others_stay()
    {
        await using var host = EngineHost.Start([("flow", s_bad), ("other", s_bad)]);
        await host.HandleAsync();
        await host.HandleAsync();

        Assert.Equal(2, (int)(await host.PostAsync("/api/v1/failures/dismiss?workflow=flow", status: HttpStatusCode.OK))["count"]!);

        Assert.Empty(await host.FailuresAsync("?workflow=flow"));
        Assert.Equal(2, (await host.FailuresAsync("?workflow=other")).Length);
    }

    [Fact]
    public async Task A_retry_for_a_handler_that_is_gone_says_so()
    {
        await using var host = EngineHost.Start(s_bad);
        await host.HandleAsync();

        await host.ChangeAsync("-- nothing left");
        await RetryAsync(host);

        Assert.Equal(Gone, (string?)Assert.Single(await host.FailuresAsync())["reason"]);
        Assert.Equal(Gone, (string?)(await host.ViewAsync())["last_error"]);
    }

    [Fact]
    public async Task A_retry_runs_the_handler_that_failed_wherever_the_file_has_it_by_now()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(s_bad, agent);
        var id = await host.HandleAsync();

        await host.ChangeAsync(Others + Good);
        await RetryAsync(host);

        await AssertDoneOnceAsync(host, agent, id);
        Assert.Null(host.State("wrong"));
        Assert.Equal("ok", await host.OutcomeAsync(id));
        Assert.Equal([1, 3], (await host.RunsAsync()).Select(run => (int)run["handler"]!).Order());
    }

    [Fact]
    public async Task A_retry_for_a_handler_that_is_gone_runs_no_other_in_its_place_and_waits_until_it_is_back()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(s_bad, agent);
        var id = await host.HandleAsync();

        await host.ChangeAsync(Others);
        await RetryAsync(host);
        Assert.Equal(Gone, (string?)Assert.Single(await host.FailuresAsync())["reason"]);
        Assert.Null(host.State("wrong"));

        await host.ChangeAsync(Others + Good);
        await RetryAsync(host);
        await AssertDoneOnceAsync(host, agent, id);
    }

    [Fact]
    public async Task A_failed_firing_of_a_schedule_is_retried_with_its_schedule()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", """sekia.schedule(60, function() error("not yet") end)""")], clock: clock);
        await host.ScheduledAsync();
        clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(() => host.Flow().LastError is not null);

        await host.QuietAsync();
        await host.ChangeAsync("""
            sekia.schedule(90, function() sekia.state.set("wrong", true) end)
            sekia.schedule(60, function() sekia.state.set("fired", true) end)
            """);
        await RetryAsync(host);

        Assert.Equal(("true", null), (host.State("fired"), host.State("wrong")));
        Assert.Empty(await host.FailuresAsync());
    }

    private static async Task RetryAsync(EngineHost host)
    {
        var failure = Assert.Single(await host.FailuresAsync());
        await host.PostAsync($"/api/v1/failures/{failure["id"]}/retry");
        await host.QuietAsync();
    }

    private static async Task AssertDoneOnceAsync(EngineHost host, TestAgent agent, string id)
    {
        await Eventually.HoldsAsync(() => agent.Calls.Count == 2);
        Assert.Equal(["one", "two"], agent.Calls.Select(call => call.Text));
        Assert.Equal(2, (await host.CommandsAsync()).Length);
        Assert.Equal("1", host.State("done"));
        Assert.Equal(id, (string?)Assert.Single(await host.EventsAsync("out.made"))["payload"]!["from"]);
        Assert.Empty(await host.FailuresAsync());
    }
}
