using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using static Sekia.Tests.Journal.ConsumerSteps;

namespace Sekia.Tests.Journal;

public sealed class ConsumerCommitTests
{
    [Fact]
    public async Task Position_run_commands_and_events_are_recorded_together()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: "sekia.events.test");
        await fixture.PublishAsync(1);

        var events = await consumer.ReadExactlyAsync(1);
        await consumer.CommitAsync(Handled(events, Everything(events[0])), CancellationToken.None);

        await fixture.CrashAsync();
        Assert.Equal((1, 1, 2, 2), Recorded(fixture));
        Assert.Equal(1, fixture.Query("SELECT count(*) FROM runs WHERE event = 1 AND first_command = 1 AND commands = 2 AND first_event = 2 AND events = 1"));
        var published = fixture.Journal.Reader.Event(2)!;
        Assert.Equal((new Cause(Event: 1, Run: 1), 1), (published.Cause, published.Depth));
        var command = fixture.Journal.Reader.Command(2)!;
        Assert.Equal((new Cause(Event: 1, Run: 1), 1, CommandStatus.Pending), (command.Cause, command.Depth, command.Status));
        Assert.Equal((2L, 2L), (fixture.Journal.Tallies.Events, fixture.Journal.Tallies.Commands(CommandStatus.Pending)));
    }

    [Fact]
    public async Task An_event_waits_until_its_consequences_are_where_they_wait()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: "sekia.events.test");
        var waiting = new List<long>();
        fixture.Journal.SendCommandsTo(_ => waiting.Add(consumer.Sums.Waiting), _ => { });
        await fixture.PublishAsync(1);
        var events = await consumer.ReadExactlyAsync(1);

        await consumer.CommitAsync(Handled(events, Everything(events[0])), CancellationToken.None);

        Assert.Equal([1, 1], waiting);
        Assert.Equal(0, consumer.Sums.Waiting);
    }

    [Fact]
    public async Task A_refused_commit_leaves_nothing()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var old = await fixture.ConsumeAsync(patterns: "sekia.events.test");
        await fixture.PublishAsync(1);
        var events = await old.ReadExactlyAsync(1);
        await fixture.ConsumeAsync(patterns: "sekia.events.test");

        await Assert.ThrowsAsync<ConsumerReplacedException>(() => old.CommitAsync(Handled(events, Everything(events[0])), CancellationToken.None));

        Assert.Equal((0, 0, 0, 1), Recorded(fixture));
        Assert.Equal(0, fixture.Journal.Tallies.Commands(CommandStatus.Pending));
    }

    [Fact]
    public async Task A_commit_the_disk_has_no_room_for_leaves_nothing_and_succeeds_later()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: "sekia.events.test");
        var commands = new List<Command>();
        fixture.Journal.SendCommandsTo(commands.Add, _ => { });
        await fixture.PublishAsync(1);
        var events = await consumer.ReadExactlyAsync(1);

        await fixture.TakeRoomAsync();
        await Assert.ThrowsAsync<JournalUnavailableException>(() => consumer.CommitAsync(Handled(events, Everything(events[0])), CancellationToken.None));
        Assert.Equal((0, 0, 0, 1), Recorded(fixture));
        Assert.Equal(0, consumer.Position);
        Assert.Empty(commands);

        await fixture.GiveRoomAsync();
        consumer.Rewind();
        events = await consumer.ReadExactlyAsync(1);
        await consumer.CommitAsync(Handled(events, Everything(events[0])), CancellationToken.None);
        Assert.Equal((1, 1, 2, 2), Recorded(fixture));
        Assert.Equal([1, 2], commands.Select(command => command.Seq));
    }

    [Fact]
    public async Task A_crash_inside_a_transaction_leaves_nothing_of_it()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: "sekia.events.test");
        await fixture.PublishAsync(1);
        var events = await consumer.ReadExactlyAsync(1);

        // So small a cache that rows go to the log before their transaction is committed.
        await fixture.OnWriterAsync(transaction => transaction.Database.Execute("PRAGMA cache_size = 1"));
        using var inside = new HeldWrite();
        Task committing;
        using (await fixture.HoldWriterAsync())
        {
            committing = consumer.CommitAsync(Handled(events, Everything(events[0])), CancellationToken.None);
            _ = fixture.Journal.CommitAsync(inside, CancellationToken.None);
        }

        await inside.Entered.WaitAsync(JournalFixture.Limit);
        var before = new FileInfo(fixture.Journal.Path + "-wal").Length;
        var copy = fixture.Copy();
        inside.Dispose();
        await committing.WaitAsync(JournalFixture.Limit);
        Assert.Equal((1, 1, 2, 2), Recorded(fixture));

        await fixture.GoOnWithAsync(copy);
        Assert.Equal((0, 0, 0, 1), Recorded(fixture));
        Assert.InRange(before, 100_000, long.MaxValue);
    }

    [Fact]
    public async Task A_command_reaches_its_agent_only_when_it_is_in_the_file()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        var seen = new List<long>();
        fixture.Journal.SendCommandsTo(command => seen.Add(fixture.Query($"SELECT count(*) FROM commands WHERE seq = {command.Seq}")), _ => { });
        await fixture.PublishAsync(100);

        await consumer.HandleAsync(await consumer.ReadExactlyAsync(100));
        await fixture.Journal.AddCommandAsync(JournalFixture.Command(), CancellationToken.None);

        Assert.Equal(Enumerable.Repeat(1L, 101), seen);
    }

    [Fact]
    public async Task A_run_that_asked_for_nothing_leaves_only_its_position()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: "sekia.events.test");
        await fixture.PublishAsync(3);

        await consumer.PassAsync(await consumer.ReadExactlyAsync(3));

        Assert.Equal((3, 0, 0, 3), Recorded(fixture));
        Assert.Equal(new ConsumerSums(Ok: 3, Failed: 0, Waiting: 0), consumer.Sums);
    }

    [Fact]
    public async Task Several_commits_on_their_way_are_recorded_in_their_order()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(1_000);
        var events = await consumer.ReadExactlyAsync(1_000);

        List<Task> commits = [];
        using (await fixture.HoldWriterAsync())
        {
            commits.AddRange(Enumerable.Range(0, 1_000).Select(n => consumer.HandleAsync(events[n..(n + 1)])));
        }

        await Task.WhenAll(commits).WaitAsync(JournalFixture.Limit);
        Assert.Equal(Numbers(1, 1_000), fixture.HandledEvents());
        Assert.Equal(1_000, fixture.Query("SELECT max(position, seen) FROM consumers"));
    }

    [Fact]
    public async Task When_one_of_several_fails_those_behind_it_are_refused_and_all_come_again()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(50);
        var events = await consumer.ReadExactlyAsync(50);
        await consumer.HandleAsync(events[..10]);

        // The second fails in its transaction; the third is handed over while that one runs, and there is room again for it.
        Task second;
        using var inside = new HeldWrite();
        await fixture.TakeRoomAsync();
        using (await fixture.HoldWriterAsync())
        {
            _ = fixture.Journal.CommitAsync(inside, CancellationToken.None);
            second = consumer.HandleLoudlyAsync(events[10..20]);
        }

        await inside.Entered.WaitAsync(JournalFixture.Limit);
        var room = fixture.GiveRoomAsync();
        var third = consumer.HandleAsync(events[20..30]);
        inside.Dispose();
        await room.WaitAsync(JournalFixture.Limit);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => third.WaitAsync(JournalFixture.Limit));

        // Nor does one that is handed over before the reader has noticed.
        await Assert.ThrowsAsync<JournalUnavailableException>(() => consumer.HandleAsync(events[30..40]));
        await Assert.ThrowsAsync<JournalUnavailableException>(() => second.WaitAsync(JournalFixture.Limit));
        Assert.Equal(Numbers(1, 10), fixture.HandledEvents());

        consumer.Rewind();
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(40));
        Assert.Equal(Numbers(1, 50), fixture.HandledEvents());
        Assert.Equal(new ConsumerSums(Ok: 50, Failed: 0, Waiting: 0), consumer.Sums);
    }

    [Fact]
    public async Task Work_given_up_while_its_commit_is_on_its_way_is_not_done_twice()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(10);
        var events = await consumer.ReadExactlyAsync(5);

        Task first, again;
        using (await fixture.HoldWriterAsync())
        {
            first = consumer.HandleAsync(events);
            consumer.Rewind();
            again = consumer.HandleAsync(await consumer.ReadExactlyAsync(10));
        }

        await first.WaitAsync(JournalFixture.Limit);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => again.WaitAsync(JournalFixture.Limit));
        consumer.Rewind();
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(5));
        Assert.Equal(Numbers(1, 10), fixture.HandledEvents());
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_is_no_fault_of_the_disk()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        Task refused;
        Task<Accepted> good;
        using (await fixture.HoldWriterAsync())
        {
            refused = fixture.OnWriterAsync(transaction => transaction.Database.Execute("INSERT INTO cursors VALUES ('a', NULL, 0)"));
            good = fixture.Bus.PublishAsync(JournalFixture.Event(), CancellationToken.None);
        }

        Assert.Equal(1, (await good.WaitAsync(JournalFixture.Limit)).Seq);
        await Assert.ThrowsAnyAsync<JournalUnavailableException>(() => refused.WaitAsync(JournalFixture.Limit));
        Assert.DoesNotContain(fixture.Log.Lines, line => line.Message.StartsWith("New events are refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_that_breaks_off_leaves_nothing_and_those_it_shared_with_are_recorded_once()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        Task broken;
        Task<Accepted>[] good;
        using (await fixture.HoldWriterAsync())
        {
            var before = fixture.Bus.PublishAsync(JournalFixture.Event(key: "a"), CancellationToken.None);
            broken = fixture.OnWriterAsync(transaction =>
            {
                transaction.SetCursor("test-agent", "half way");
                throw new InvalidOperationException("a bug");
            });
            good = [before, fixture.Bus.PublishAsync(JournalFixture.Event(key: "b"), CancellationToken.None)];
        }

        var accepted = await Task.WhenAll(good).WaitAsync(JournalFixture.Limit);
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken.WaitAsync(JournalFixture.Limit));
        Assert.Equal([(1L, false), (2L, false)], accepted.Select(one => (one.Seq, one.Duplicate)));
        Assert.Null(fixture.Journal.Reader.Cursor("test-agent"));
        Assert.Equal(2, fixture.Journal.Tallies.Events);
    }

    private static Run Everything(Event evt) => new()
    {
        Event = evt,
        Commands = [JournalFixture.Command(), JournalFixture.Command()],
        Events = [JournalFixture.Event("sekia.events.other", payload: $$"""{"text":"{{new string('x', 100_000)}}"}""")],
        Log = "did it",
    };

    /// <summary>Position, runs, commands, events.</summary>
    private static (long Position, long Runs, long Commands, long Events) Recorded(JournalFixture fixture) => (
        fixture.Query("SELECT max(position, seen) FROM consumers"),
        fixture.Query("SELECT count(*) FROM runs"),
        fixture.Query("SELECT count(*) FROM commands"),
        fixture.Query("SELECT count(*) FROM events"));
}
