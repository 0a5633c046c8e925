using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;
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
        await WaitForScheduleAsync(host);

        clock.Advance(TimeSpan.FromSeconds(60));
        await Eventually.HoldsAsync(() => Ticks(host).Count == 1);
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
            await WaitForScheduleAsync(before);
            clock.Advance(TimeSpan.FromHours(10));
            await Eventually.HoldsAsync(() => Ticks(before).Count >= 1);
        }

        clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(30));
        await using var after = EngineHost.Start([("flow", script)], clock: clock, settings: EngineHost.DurableIn(folder));
        await WaitForScheduleAsync(after);
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
            await WaitForScheduleAsync(host);
            clock.Advance(TimeSpan.FromSeconds(15));
            await host.ChangeAsync(EveryMinute + $" -- {start}");
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        await using var last = EngineHost.Start([("flow", EveryMinute)], clock: clock, settings: EngineHost.DurableIn(folder));

        await Eventually.HoldsAsync(() => Ticks(last).Count == 1);
    }

    private static Task WaitForScheduleAsync(EngineHost host) => Eventually.HoldsAsync(() => host.Get<Timetable>().Known == 1);

    /// <summary>When each firing was due, in Unix seconds.</summary>
    private static List<long> Ticks(EngineHost host) =>
        [.. host.Get<Sekia.Modules.Journal.EventJournal>().Reader.Events(0, long.MaxValue, subject => subject == "sekia.events.tick", type: null, limit: 1000).Events
            .Select(evt => System.Text.Json.JsonDocument.Parse(evt.Payload).RootElement.GetProperty("due").GetInt64())];
}
