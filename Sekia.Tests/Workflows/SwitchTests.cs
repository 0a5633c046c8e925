using System.Net;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>Workflows that are switched off and on: they keep their place, and nothing of theirs is lost or doubled.</summary>
public sealed class SwitchTests
{
    private const string Counting = """
        sekia.on("sekia.events.test", function(event)
          sekia.state.set("n", (sekia.state.get("n") or 0) + 1)
          sekia.state.set("sum", (sekia.state.get("sum") or 0) + (event.payload.i or 0))
        end)
        """;

    [Fact]
    public async Task A_workflow_that_is_off_begins_nothing_and_goes_on_with_what_waited()
    {
        await using var host = EngineHost.Start(Counting);
        await host.HandleAsync();

        var off = await host.PostAsync("/api/v1/workflows/flow/disable", status: HttpStatusCode.OK);
        var waiting = await host.PublishAsync();
        await host.PublishAsync(source: "other");
        Assert.Equal("disabled", (string)off["state"]!);
        Assert.Equal("disabled", await host.OutcomeAsync(waiting));
        Assert.Equal((2, 1, 1), await SumsAsync(host));
        Assert.Equal("1", host.State("n"));

        var on = await host.PostAsync("/api/v1/workflows/flow/enable", status: HttpStatusCode.OK);
        await host.QuietAsync();
        Assert.Equal(("running", null), ((string)on["state"]!, on["disabled_at"]));
        Assert.Equal("ok", await host.OutcomeAsync(waiting));
        Assert.Equal("2", host.State("n"));
    }

    [Fact]
    public async Task Switched_under_load_and_over_restarts_every_event_is_handled_once()
    {
        using var folder = new TemporaryFolder();
        const int Each = 1500;
        for (var round = 0; round < 3; round++)
        {
            await using var host = EngineHost.Start([("flow", Counting)], settings: EngineHost.DurableIn(folder));
            var flood = host.FloodAsync(round * Each, (round + 1) * Each);
            var switches = 0;
            while (!flood.IsCompleted || switches < 3)
            {
                await host.PostAsync($"/api/v1/workflows/flow/{(++switches % 2 == 1 ? "disable" : "enable")}", status: HttpStatusCode.OK);
            }

            await flood;

            // Off when the host ends, and so when the next begins.
            await host.PostAsync("/api/v1/workflows/flow/disable", status: HttpStatusCode.OK);
        }

        await using var last = EngineHost.Start([("flow", Counting)], settings: EngineHost.DurableIn(folder));
        Assert.Equal("disabled", (string)(await last.ViewAsync())["state"]!);
        await last.PostAsync("/api/v1/workflows/flow/enable", status: HttpStatusCode.OK);
        await last.QuietAsync();

        const long All = 3 * Each;
        Assert.Equal(($"{All}", $"{All * (All - 1) / 2}"), (last.State("n"), last.State("sum")));
        Assert.Equal((All, All, 0), await SumsAsync(last));
    }

    [Fact]
    public async Task It_stays_off_over_a_reload_and_a_new_version_of_its_file()
    {
        await using var host = EngineHost.Start(Counting);
        await host.PostAsync("/api/v1/workflows/flow/disable", status: HttpStatusCode.OK);

        await host.ChangeAsync(Counting + "\n-- changed");
        await host.PublishAsync();

        Assert.Equal((1, 0, 1), await SumsAsync(host));
        Assert.Equal("disabled", (string)(await host.ViewAsync())["state"]!);
    }

    [Fact]
    public async Task A_run_that_waits_for_an_answer_when_it_is_switched_off_begins_again_and_asks_no_second_time()
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var agent = new Agents.TestAgent { OnCall = (_, _) => answer.Task };
        await using var host = EngineHost.Start(
            """sekia.on("sekia.events.test", function(event) sekia.state.set("said", sekia.call("test-agent", "say", { text = "x" })) end)""", agent);
        await host.PublishAsync();
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);

        var before = host.Flow().Consumer;
        await host.PostAsync("/api/v1/workflows/flow/disable", status: HttpStatusCode.OK);
        await Eventually.HoldsAsync(() => host.Flow().Consumer != before);
        answer.SetResult("hello");
        Assert.Equal(1, (await SumsAsync(host)).Waiting);
        await host.PostAsync("/api/v1/workflows/flow/enable", status: HttpStatusCode.OK);
        await host.QuietAsync();

        Assert.Equal("\"hello\"", host.State("said"));
        Assert.Single(agent.Calls);
    }

    [Fact]
    public async Task Its_schedules_rest_as_while_the_host_is_down()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start(
            [("flow", """sekia.schedule(60, function(event) sekia.state.set("n", (sekia.state.get("n") or 0) + 1) end)""")], clock: clock);
        var timetable = host.Get<Modules.Workflows.Timetable>();
        await host.ScheduledAsync();

        await host.PostAsync("/api/v1/workflows/flow/disable", status: HttpStatusCode.OK);
        await Eventually.HoldsAsync(() => timetable.Known == 0);
        clock.Advance(TimeSpan.FromHours(1));
        await host.PostAsync("/api/v1/workflows/flow/enable", status: HttpStatusCode.OK);
        await host.ScheduledAsync();

        Assert.Empty(await host.EventsAsync("workflow.schedule.fired"));
        clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.HoldsAsync(() => host.State("n") == "1");
    }

    [Fact]
    public async Task One_that_is_not_there_cannot_be_switched()
    {
        await using var host = EngineHost.Start([("flow", Counting), ("broken", "this is no Lua")]);

        var unknown = await host.PostAsync("/api/v1/workflows/nobody/disable", status: HttpStatusCode.NotFound);
        var refused = await host.PostAsync("/api/v1/workflows/broken/enable", status: HttpStatusCode.NotFound);

        Assert.StartsWith("There is no workflow 'nobody'.", (string)unknown["detail"]!, StringComparison.Ordinal);
        Assert.StartsWith("The workflow 'broken' is not loaded: broken.lua:1:", (string)refused["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_workflow_that_is_off_has_yet_to_handle_is_not_removed_with_age()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", Counting)], clock: clock, settings: ("Journal:KeepFor", "1.00:00:00"));
        await host.PostAsync("/api/v1/workflows/flow/disable", status: HttpStatusCode.OK);
        await host.PublishAsync();
        clock.Advance(TimeSpan.FromDays(3));
        await host.Get<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<Retention>().Single().SweepAsync(CancellationToken.None);

        await host.PostAsync("/api/v1/workflows/flow/enable", status: HttpStatusCode.OK);
        await host.QuietAsync();

        Assert.Equal("1", host.State("n"));
    }

    private static async Task<(long Delivered, long Ok, long Waiting)> SumsAsync(EngineHost host)
    {
        var view = await host.ViewAsync();
        return ((long)view["delivered"]!, (long)view["ok"]!, (long)view["waiting"]!);
    }
}
