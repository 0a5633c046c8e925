using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Journal;

public sealed class TrafficTests
{
    private const long Minute = 60_000;
    private const long Start = 1_000_000 * Minute;

    private readonly Traffic _traffic = new();

    [Fact]
    public void Each_minute_has_its_own_sums_and_an_hour_later_they_are_forgotten()
    {
        _traffic.Accepted(Start);
        _traffic.Accepted(Start + 1);
        _traffic.Accepted(Start + Minute);

        Assert.Equal([2, 1], _traffic.View(Start + Minute).Minutes.TakeLast(2).Select(minute => minute.Events));
        Assert.Equal(2, _traffic.View(Start + (59 * Minute)).Minutes[0].Events);
        Assert.Equal(1, _traffic.View(Start + (60 * Minute)).Minutes.Sum(minute => minute.Events));
        Assert.Equal(0, _traffic.View(Start + (61 * Minute)).Minutes.Sum(minute => minute.Events));
    }

    [Fact]
    public void A_place_that_is_used_again_begins_at_nothing()
    {
        _traffic.Accepted(Start);
        _traffic.Accepted(Start + (60 * Minute));

        Assert.Equal(1, _traffic.View(Start + (60 * Minute)).Minutes[^1].Events);
    }

    [Fact]
    public void Commands_tell_how_long_they_took_and_what_became_of_them()
    {
        for (var i = 0; i < 9; i++)
        {
            _traffic.Ended("workflow:a", "x-agent", CommandStatus.Succeeded, Start, Start + 10);
        }

        _traffic.Ended("workflow:a", "x-agent", CommandStatus.Failed, Start, Start + 5000);
        _traffic.Ended("api", "x-agent", CommandStatus.DryRun, Start, Start + 1);
        var view = _traffic.View(Start);
        var minute = view.Minutes[^1];

        Assert.Equal((11, 1), (minute.Commands, minute.CommandsFailed));
        Assert.InRange(minute.Median!.Value, 10, 15);
        Assert.InRange(minute.High!.Value, 5000, 7100);
        Assert.Equal([new TrafficFlow("workflow:a", "x-agent", 10, 1, 0), new TrafficFlow("api", "x-agent", 1, 0, 1)], view.Commands);
    }

    [Fact]
    public void A_flow_forgets_what_is_older_than_an_hour()
    {
        _traffic.Delivered("a", "w", Start);
        _traffic.Delivered("a", "w", Start + (30 * Minute));

        Assert.Equal(2, _traffic.View(Start + (59 * Minute)).Deliveries.Single().Count);
        Assert.Equal(1, _traffic.View(Start + (60 * Minute)).Deliveries.Single().Count);
        Assert.Empty(_traffic.View(Start + (90 * Minute)).Deliveries);
    }

    [Fact]
    public void However_many_names_there_are_it_does_not_grow()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _traffic.Delivered($"source{i}", "w", Start);
        }

        var flows = _traffic.View(Start).Deliveries;
        Assert.InRange(flows.Count, 1, 201);
        Assert.Equal(10_000, flows.Sum(flow => flow.Count));
    }

    [Fact]
    public async Task After_a_start_the_minute_an_hour_ago_does_not_take_the_place_of_the_one_that_is_now()
    {
        var clock = new TestClock();
        clock.Advance(TimeSpan.FromSeconds(45));
        await using var fixture = await JournalFixture.OpenAsync(clock: clock);
        var consumer = await fixture.ConsumeAsync();
        var command = JournalFixture.Command();
        await fixture.Journal.AddCommandAsync(command, CancellationToken.None);
        var end = new CommandState(CommandStatus.Succeeded) { Attempts = 1, EndedAt = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        await fixture.Journal.CommitAsync(new UpdateCommand(fixture.Journal, command, end, announcement: null), CancellationToken.None);

        clock.Advance(TimeSpan.FromMinutes(59) + TimeSpan.FromSeconds(45));
        await fixture.PublishAsync(1);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(1));
        await fixture.ReopenAsync();

        var view = fixture.Journal.Traffic.View(clock.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.Equal((1, 0), (view.Minutes[^1].Events, view.Minutes.Sum(minute => minute.Commands)));
    }

    [Fact]
    public async Task After_a_start_it_is_known_how_many_runs_have_failed()
    {
        var clock = new TestClock();
        await using var fixture = await JournalFixture.OpenAsync(clock: clock);
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(2);
        var events = await consumer.ReadExactlyAsync(2);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await consumer.CommitAsync(new Handled(events[^1].Seq, 2, [new Run { Event = events[0], Outcome = RunOutcome.Failed, Reason = "no", StartedAt = now }, new Run { Event = events[1], Log = "seen", StartedAt = now }]), CancellationToken.None);
        await fixture.ReopenAsync();

        var view = fixture.Journal.Traffic.View(now);
        Assert.Equal((1, 1), (view.Minutes[^1].RunsOk, view.Minutes[^1].RunsFailed));
        Assert.Equal(1, view.Deliveries.Sum(flow => flow.Failed));
    }

    [Fact]
    public async Task A_beat_between_looking_and_waiting_is_not_missed()
    {
        var pulse = new CommitPulse();
        var known = pulse.Beats;
        pulse.Beat();
        await pulse.NextAsync(known);

        known = pulse.Beats;
        var waiting = pulse.NextAsync(known);
        Assert.False(waiting.IsCompleted);
        pulse.Beat();
        await waiting;
        Assert.Equal(known + 1, pulse.Beats);
    }
}
