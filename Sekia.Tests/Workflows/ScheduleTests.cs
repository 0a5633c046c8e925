using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>Schedules fire by the clock, are remembered over restarts, and never doubled.</summary>
public sealed class ScheduleTests
{
    private const string EveryMinute = """sekia.schedule(60, function(event) sekia.publish("sekia.events.tick", "tick", { due = event.payload.due }) end)""";
    private const string EveryMorning = """sekia.schedule("0 9 * * *", { missed = "once" }, function(event) sekia.publish("sekia.events.tick", "tick", { due = event.payload.due }) end)""";
    private const string EveryMorningOrNot = """sekia.schedule("0 9 * * *", function(event) sekia.publish("sekia.events.tick", "tick", { due = event.payload.due }) end)""";

    [Fact]
    public async Task It_fires_at_its_interval_and_each_firing_is_an_event()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", EveryMinute)], clock: clock);
        await host.ScheduledAsync();

        clock.Advance(TimeSpan.FromSeconds(60));
        await Eventually.HoldsAsync(() => Ticks(host).Count == 1);
        await host.ScheduledAsync();
        clock.Advance(TimeSpan.FromSeconds(60));
        await Eventually.HoldsAsync(() => Ticks(host).Count == 2);

        Assert.Equal(60, Ticks(host)[1] - Ticks(host)[0]);
    }

    [Theory]
    [InlineData(EveryMinute, 1)]
    [InlineData(EveryMorning, 1)]
    [InlineData(EveryMorningOrNot, 0)]
    public async Task What_falls_due_while_the_host_is_down_is_skipped_or_fires_once(string script, int firings)
    {
        using var folder = new TemporaryFolder();
        var clock = new TestClock();
        await using (var before = EngineHost.Start([("flow", script)], clock: clock, settings: EngineHost.DurableIn(folder)))
        {
            await before.ScheduledAsync();
            clock.Advance(TimeSpan.FromHours(10));
            await Eventually.HoldsAsync(() => Ticks(before).Count >= 1);
        }

        clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(30));
        await using var after = EngineHost.Start([("flow", script)], clock: clock, settings: EngineHost.DurableIn(folder));
        await after.ScheduledAsync();
        var known = Ticks(after).Count;

        // The interval's next turn comes within the minute; the morning's does not.
        clock.Advance(TimeSpan.FromMinutes(1));
        if (firings > 0)
        {
            await Eventually.HoldsAsync(() => Ticks(after).Distinct().Count() == Ticks(after).Count && Ticks(after).Count > 1);
        }

        Assert.Equal(Ticks(after).Distinct().Count(), Ticks(after).Count);
        Assert.True(Ticks(after).Count - known <= firings);
    }

    [Fact]
    public async Task One_that_is_rarer_than_edits_and_restarts_fires_all_the_same()
    {
        using var folder = new TemporaryFolder();
        var clock = new TestClock();
        for (var start = 0; start < 3; start++)
        {
            await using var host = EngineHost.Start([("flow", EveryMinute)], clock: clock, settings: EngineHost.DurableIn(folder));
            await host.ScheduledAsync();
            clock.Advance(TimeSpan.FromSeconds(15));
            await host.ChangeAsync(EveryMinute + $" -- {start}");
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        await using var last = EngineHost.Start([("flow", EveryMinute)], clock: clock, settings: EngineHost.DurableIn(folder));

        await Eventually.HoldsAsync(() => Ticks(last).Count == 1);
    }

    [Fact]
    public async Task One_that_is_due_and_cannot_be_recorded_fires_although_the_file_is_edited_meanwhile()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", EveryMinute)], clock: clock);
        await host.ScheduledAsync();
        await host.LimitPagesAsync(1);
        await Eventually.GetAsync(async () => await FillAsync(host) ? "" : null, () => "no room");
        clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(() => host.Log.Contains("Schedules that are due cannot be recorded yet", StringComparison.Ordinal));

        await host.ChangeAsync(EveryMinute + " -- edited");
        await host.GiveRoomAsync();
        await Eventually.HoldsAsync(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            return Ticks(host).Count == 1;
        });
    }

    [Fact]
    public async Task One_that_is_deleted_while_another_cannot_be_recorded_is_forgotten()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", EveryMinute), ("other", EveryMorning)], clock: clock);
        await host.ScheduledAsync();
        await host.LimitPagesAsync(1);
        await Eventually.GetAsync(async () => await FillAsync(host) ? "" : null, () => "no room");
        clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(() => host.Log.Contains("Schedules that are due cannot be recorded yet", StringComparison.Ordinal));

        await host.ChangeAsync("-- nothing", "other");

        await Eventually.HoldsAsync(() => host.Get<Timetable>().Known == 1);
        Assert.NotNull(host.Get<Timetable>().NextDue("flow", host.Flow().Current!.Script.Schedules[0]));
    }

    [Fact]
    public async Task What_was_missed_for_days_fires_once_also_when_the_file_is_edited_right_after()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", EveryMorning)], clock: clock);
        await host.ScheduledAsync();
        clock.Set(TimeSpan.FromDays(3));
        await LookAsync(host);
        await Eventually.HoldsAsync(() => Ticks(host).Count == 1);

        await host.ChangeAsync(EveryMorning + " -- edited");
        await WaitForNextAsync(host, clock.GetUtcNow().AddHours(9));

        Assert.Single(Ticks(host));
    }

    [Fact]
    public async Task One_before_another_is_deleted_and_the_other_stays_as_it_was()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", "sekia.schedule('0 9 * * 1', function() end)\n" + EveryMorning)], clock: clock);
        await host.ScheduledAsync();
        clock.Advance(TimeSpan.FromHours(9));
        await Eventually.HoldsAsync(() => Ticks(host).Count == 1);
        clock.Advance(TimeSpan.FromHours(3));

        await host.ChangeAsync(EveryMorning);
        await WaitForNextAsync(host, clock.GetUtcNow().AddHours(21));

        Assert.Single(Ticks(host));
    }

    [Fact]
    public async Task A_firing_that_waits_while_its_schedule_is_deleted_is_not_given_to_another()
    {
        const string Rest = """
            sekia.schedule(3600, function() sekia.state.set("wrong", true) end)
            sekia.on("sekia.events.test", function() sekia.call("test-agent", "say", { text = "hi" }) end)
            """;
        var clock = new TestClock();
        var answer = new TaskCompletionSource<string>();
        var agent = new TestAgent { OnCall = (_, stop) => answer.Task.WaitAsync(stop) };
        await using var host = EngineHost.Start([("flow", EveryMinute + "\n" + Rest)], agent, new AgentOptions { CommandTimeout = TimeSpan.FromHours(1) }, clock);
        await host.ScheduledAsync();
        await host.PublishAsync();
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);
        clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(() => host.Flow().Consumer!.Sums.Waiting == 2);

        await host.ChangeAsync(Rest);
        answer.SetResult("late");
        await host.QuietAsync();

        Assert.Null(host.State("wrong"));
        Assert.Empty(Ticks(host));
    }

    [Fact]
    public async Task A_firing_that_says_no_more_than_the_place_of_its_schedule_is_given_to_that_one()
    {
        await using var host = EngineHost.Start("sekia.schedule(3600, function() end)\n" + EveryMinute);

        await host.Get<EventJournal>().AppendAsync(
            [new Event { Subject = Workflow.SubjectOf("flow"), Type = WorkflowEvents.ScheduleFired, Source = "schedule", Payload = """{"number":2,"due":7}"""u8.ToArray() }],
            cursor: null,
            CancellationToken.None);
        await host.QuietAsync();

        Assert.Equal([7], Ticks(host));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_clock_that_was_a_year_ahead_for_a_while_leaves_no_schedule_silent(bool restarts)
    {
        using var folder = new TemporaryFolder();
        var clock = new TestClock();
        var host = EngineHost.Start([("flow", EveryMinute)], clock: clock, settings: EngineHost.DurableIn(folder));
        try
        {
            await host.ScheduledAsync();
            clock.Set(TimeSpan.FromDays(365));
            for (var ticks = 1; ticks <= 2; ticks++)
            {
                clock.Advance(TimeSpan.FromMinutes(1));
                await Eventually.HoldsAsync(() => Ticks(host).Count == ticks);
                await host.ScheduledAsync();
            }

            clock.Set(TimeSpan.FromDays(-365));
            if (restarts)
            {
                await host.DisposeAsync();
                host = EngineHost.Start([("flow", EveryMinute)], clock: clock, settings: EngineHost.DurableIn(folder));
            }
            else
            {
                await LookAsync(host);
            }

            await WaitForNextAsync(host, clock.GetUtcNow().AddMinutes(1));
            clock.Advance(TimeSpan.FromMinutes(1));
            await Eventually.HoldsAsync(() => Ticks(host).Count == 3);

            Assert.Equal(clock.GetUtcNow().ToUnixTimeSeconds(), Ticks(host)[2]);
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_clock_that_is_set_back_brings_no_due_time_twice()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", EveryMorning.Replace("0 9", "* *", StringComparison.Ordinal))], clock: clock);
        await host.ScheduledAsync();
        clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(() => Ticks(host).Count == 1);

        clock.Set(TimeSpan.FromSeconds(-30));
        await LookAsync(host);
        await WaitForNextAsync(host, clock.GetUtcNow().AddSeconds(30));
        clock.Advance(TimeSpan.FromSeconds(30));
        await WaitForNextAsync(host, clock.GetUtcNow().AddMinutes(1));
        Assert.Single(Ticks(host));

        clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(() => Ticks(host).Count == 2);
        Assert.Equal(60, Ticks(host)[1] - Ticks(host)[0]);
    }

    /// <summary>Publishes until there is no room for more.</summary>
    private static async Task<bool> FillAsync(EngineHost host)
    {
        try
        {
            // One by one: where there is no room for this one, there is none for a firing either, which is longer.
            await host.FloodAsync(0, 1);
            return false;
        }
        catch (JournalUnavailableException)
        {
            return true;
        }
    }

    /// <summary>Another workflow comes: all schedules are looked at.</summary>
    private static async Task LookAsync(EngineHost host)
    {
        host.Write("other", "-- nothing");
        await host.ReloadAsync();
    }

    /// <summary>Waits until the only schedule is set to a time, its timer too, and all that has fired is done.</summary>
    private static async Task WaitForNextAsync(EngineHost host, DateTimeOffset due)
    {
        await Eventually.HoldsAsync(() => host.Flow().Current is { Script.Schedules: [var only] } && host.Get<Timetable>().NextDue("flow", only) == due);
        await host.ScheduledAsync();
        await host.QuietAsync();
    }

    /// <summary>When each firing was due, in Unix seconds.</summary>
    private static List<long> Ticks(EngineHost host) =>
        [.. host.Get<Sekia.Modules.Journal.EventJournal>().Reader.Events(0, long.MaxValue, subject => subject == "sekia.events.tick", type: null, limit: 1000).Events
            .Select(evt => System.Text.Json.JsonDocument.Parse(evt.Payload).RootElement.GetProperty("due").GetInt64())];
}
