using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;
using static Sekia.Tests.Journal.ConsumerSteps;

namespace Sekia.Tests.Journal;

public sealed class RetentionTests
{
    private static readonly string s_large = $$"""{"text":"{{new string('x', 1_000_000)}}"}""";

    private readonly TestClock _clock = new();

    [Fact]
    public async Task What_is_older_than_its_time_goes_and_what_is_younger_stays()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        await fixture.PublishAsync(1_200);
        _clock.Advance(TimeSpan.FromDays(6));
        await fixture.PublishAsync(10);
        _clock.Advance(TimeSpan.FromDays(2));

        await fixture.Retention().SweepAsync(CancellationToken.None);

        Assert.Equal((10, 1_201), (fixture.Query("SELECT count(*) FROM events"), fixture.Query("SELECT min(seq) FROM events")));
        Assert.Equal(1_210, fixture.Journal.Tallies.Events);
    }

    [Fact]
    public async Task Finished_commands_and_runs_go_with_their_time()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(3);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(3));
        await SetStatusAsync(fixture, CommandStatus.Succeeded);
        _clock.Advance(TimeSpan.FromDays(8));

        await fixture.Retention().SweepAsync(CancellationToken.None);

        Assert.Equal((0, 0, 0), Counts(fixture));
        Assert.Equal(3, fixture.Journal.Tallies.Commands(CommandStatus.Succeeded));
    }

    [Fact]
    public async Task A_key_goes_with_its_event()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        await fixture.Bus.PublishAsync(JournalFixture.Event(key: "delivery-1"), CancellationToken.None);
        await fixture.Journal.AddCommandAsync(JournalFixture.Command(key: "order\01"), CancellationToken.None);
        await SetStatusAsync(fixture, CommandStatus.Succeeded);
        _clock.Advance(TimeSpan.FromDays(8));

        await fixture.Retention().SweepAsync(CancellationToken.None);

        Assert.Equal(0, fixture.Query("SELECT count(*) FROM keys"));
        Assert.False((await fixture.Bus.PublishAsync(JournalFixture.Event(key: "delivery-1"), CancellationToken.None)).Duplicate);
    }

    [Fact]
    public async Task Numbers_are_not_given_out_again_when_everything_is_gone()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(7);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(7));
        await SetStatusAsync(fixture, CommandStatus.DryRun);
        _clock.Advance(TimeSpan.FromDays(8));
        await fixture.Retention().SweepAsync(CancellationToken.None);
        Assert.Equal((0, 0, 0), Counts(fixture));

        await fixture.CrashAsync();
        Assert.Equal(7, fixture.Journal.Head);
        consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(1);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(1));

        Assert.Equal((8, 8, 8), (fixture.Query("SELECT seq FROM events"), fixture.Query("SELECT id FROM runs"), fixture.Query("SELECT seq FROM commands")));
    }

    [Fact]
    public async Task What_an_open_consumer_has_yet_to_handle_stays()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(10);
        await consumer.PassAsync(await consumer.ReadExactlyAsync(4));
        _clock.Advance(TimeSpan.FromDays(8));

        await fixture.Retention().SweepAsync(CancellationToken.None);
        Assert.Equal(5, fixture.Query("SELECT min(seq) FROM events"));
        Assert.Equal(Numbers(5, 10), (await consumer.ReadExactlyAsync(6)).Select(evt => evt.Seq));

        fixture.Journal.Detach(consumer);
        await fixture.Retention().SweepAsync(CancellationToken.None);
        Assert.Equal(0, fixture.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task Nothing_goes_before_the_host_has_started_for_not_all_consumers_are_open()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        await fixture.ConsumeAsync();
        await fixture.PublishAsync(10);
        await fixture.ReopenAsync();
        _clock.Advance(TimeSpan.FromDays(8));
        using var retention = fixture.Retention();
        await retention.StartAsync(CancellationToken.None);

        // A script that is held at its top level makes a start last.
        for (var minute = 0; minute < 20; minute++)
        {
            _clock.Advance(fixture.Options.Current.SweepInterval);
            await fixture.OnWriterAsync(_ => { });
        }

        Assert.Equal(10, fixture.Query("SELECT count(*) FROM events"));
        var consumer = await fixture.ConsumeAsync();
        fixture.Lifetime.NotifyStarted();
        await consumer.PassAsync(await consumer.ReadExactlyAsync(4));
        await Eventually.HoldsAsync(() =>
        {
            _clock.Advance(fixture.Options.Current.SweepInterval);
            return fixture.Query("SELECT count(*) FROM events") < 10;
        });
        await retention.StopAsync(CancellationToken.None);

        Assert.Equal(Numbers(5, 10), (await consumer.ReadExactlyAsync(6)).Select(evt => evt.Seq));
    }

    [Fact]
    public async Task A_consumer_that_nothing_concerned_does_not_keep_the_journal()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        await fixture.ConsumeAsync(patterns: "sekia.events.rare");
        await fixture.PublishAsync(10);
        _clock.Advance(TimeSpan.FromDays(8));

        await fixture.Retention().SweepAsync(CancellationToken.None);

        Assert.Equal(0, fixture.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task An_event_whose_run_is_a_dead_letter_stays_until_that_is_dismissed()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(3);
        var events = await consumer.ReadExactlyAsync(3);
        await consumer.CommitAsync(Handled(events, FailedRun(events[1])), CancellationToken.None);
        _clock.Advance(TimeSpan.FromDays(8));

        await fixture.Retention().SweepAsync(CancellationToken.None);
        Assert.Equal((1, 1, 0), Counts(fixture));
        Assert.Equal(2, fixture.Query("SELECT seq FROM events"));

        await fixture.OnWriterAsync(transaction => transaction.Database.Execute("UPDATE runs SET dismissed_at = 1"));
        await fixture.Retention().SweepAsync(CancellationToken.None);
        Assert.Equal((0, 0, 0), Counts(fixture));
    }

    [Theory]
    [InlineData(CommandStatus.Pending, true)]
    [InlineData(CommandStatus.Running, true)]
    [InlineData(CommandStatus.Succeeded, false)]
    [InlineData(CommandStatus.Failed, true)]
    [InlineData(CommandStatus.DryRun, false)]
    [InlineData(CommandStatus.Uncertain, true)]
    public async Task A_command_stays_as_long_as_it_waits_for_an_agent_or_a_person(CommandStatus status, bool stays)
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        await fixture.Journal.AddCommandAsync(JournalFixture.Command(), CancellationToken.None);
        await SetStatusAsync(fixture, status);
        _clock.Advance(TimeSpan.FromDays(8));

        await fixture.Retention().SweepAsync(CancellationToken.None);
        Assert.Equal(stays, fixture.Query("SELECT count(*) FROM commands") == 1);

        if (status is CommandStatus.Failed or CommandStatus.Uncertain)
        {
            await fixture.OnWriterAsync(transaction => transaction.Database.Execute("UPDATE commands SET dismissed_at = 1"));
            await fixture.Retention().SweepAsync(CancellationToken.None);
            Assert.Equal(0, fixture.Query("SELECT count(*) FROM commands"));
        }
    }

    [Fact]
    public async Task When_there_is_too_much_the_oldest_go()
    {
        await using var fixture = await JournalFixture.OpenAsync(new JournalOptions { KeepBytes = 10 << 20 }, _clock);
        for (var n = 0; n < 20; n++)
        {
            await fixture.Bus.PublishAsync(JournalFixture.Event(payload: s_large), CancellationToken.None);
        }

        await fixture.Retention().SweepAsync(CancellationToken.None);

        var left = fixture.Query("SELECT count(*) FROM events");
        Assert.InRange(left, 5, 10);
        Assert.Equal(20 - left + 1, fixture.Query("SELECT min(seq) FROM events"));
        Assert.Null(fixture.Journal.UnavailableBecause);
    }

    [Fact]
    public async Task A_young_command_and_its_key_outlive_older_events()
    {
        await using var fixture = await JournalFixture.OpenAsync(new JournalOptions { KeepBytes = 16 << 20 }, _clock);
        for (var n = 0; n < 20; n++)
        {
            await fixture.Bus.PublishAsync(JournalFixture.Event(payload: $$"""{"text":"{{new string('x', 1_000_000)}}"}"""), CancellationToken.None);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        await fixture.Journal.AddCommandAsync(JournalFixture.Command(key: "order-1"), CancellationToken.None);
        await SetStatusAsync(fixture, CommandStatus.Succeeded);
        await fixture.Retention().SweepAsync(CancellationToken.None);

        Assert.True(fixture.Query("SELECT count(*) FROM events") < 20);
        Assert.True((await fixture.Journal.AddCommandAsync(JournalFixture.Command(key: "order-1"), CancellationToken.None)).Duplicate);
    }

    [Fact]
    public async Task When_all_that_is_left_still_waits_events_are_refused_until_it_is_done()
    {
        await using var fixture = await JournalFixture.OpenAsync(new JournalOptions { KeepBytes = 10 << 20 }, _clock);
        var consumer = await fixture.ConsumeAsync();
        for (var n = 0; n < 15; n++)
        {
            await fixture.Bus.PublishAsync(JournalFixture.Event(payload: s_large), CancellationToken.None);
        }

        await fixture.Retention().SweepAsync(CancellationToken.None);
        var refusal = await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.PublishAsync(1));
        Assert.Contains("all that is left still waits for a workflow, an agent or a decision about a dead letter", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(15, fixture.Query("SELECT count(*) FROM events"));

        // What is being done may be recorded, or it would never end.
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(15));
        await fixture.Retention().SweepAsync(CancellationToken.None);
        await fixture.PublishAsync(1);
        Assert.Null(fixture.Journal.UnavailableBecause);
    }

    [Fact]
    public async Task Others_write_between_the_steps_of_a_long_removal()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        await fixture.PublishAsync(5_000);
        _clock.Advance(TimeSpan.FromDays(8));
        var before = WalFile.Commits(fixture.Journal.Path);

        await fixture.Retention().SweepAsync(CancellationToken.None);

        Assert.InRange(WalFile.Commits(fixture.Journal.Path) - before, 10, 30);
        Assert.Equal(0, fixture.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task A_step_does_not_grow_with_the_size_of_what_it_removes()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        for (var n = 0; n < 20; n++)
        {
            await fixture.Bus.PublishAsync(JournalFixture.Event(payload: s_large), CancellationToken.None);
        }

        var step = await fixture.Journal.CommitAsync(new RemoveOld(fixture.Journal, 0, 0, rows: 500, long.MaxValue, bytes: 0), CancellationToken.None);

        Assert.Equal((5, false), (step.LastEvent, step.Done));
        Assert.Equal(15, fixture.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task What_stays_does_not_hide_what_lies_behind_it()
    {
        await using var fixture = await JournalFixture.OpenAsync(clock: _clock);
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(3_000);
        var events = await consumer.ReadExactlyAsync(3_000);
        await consumer.CommitAsync(Handled(events, [.. events.Take(1_700).Select(FailedRun)]), CancellationToken.None);
        _clock.Advance(TimeSpan.FromDays(8));

        await fixture.Retention().SweepAsync(CancellationToken.None);

        Assert.Equal((1_700, 1_700), (fixture.Query("SELECT count(*) FROM events"), fixture.Query("SELECT max(seq) FROM events")));
    }

    private static async Task SetStatusAsync(JournalFixture fixture, CommandStatus status)
    {
        foreach (var command in fixture.Journal.Reader.Commands(new CommandFilter(), long.MaxValue, 100, long.MaxValue).Commands)
        {
            await fixture.Journal.CommitAsync(new UpdateCommand(fixture.Journal, command, new CommandState(status), announcement: null), CancellationToken.None);
        }
    }

    /// <summary>Events, runs, commands.</summary>
    private static (long Events, long Runs, long Commands) Counts(JournalFixture fixture) => (
        fixture.Query("SELECT count(*) FROM events"), fixture.Query("SELECT count(*) FROM runs"), fixture.Query("SELECT count(*) FROM commands"));
}
