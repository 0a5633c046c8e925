using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;
using static Sekia.Tests.Journal.ConsumerSteps;

namespace Sekia.Tests.Journal;

public sealed class DiskFullTests
{
    private static readonly string s_large = $$"""{"text":"{{new string('x', 100_000)}}"}""";

    [Fact]
    public async Task Everyone_is_refused_with_the_reason_and_the_log_says_so_once()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.TakeRoomAsync();

        Task[] writers;
        using (await fixture.HoldWriterAsync())
        {
            writers = [.. Enumerable.Range(0, 20).Select(_ => PublishLargeAsync(fixture)), fixture.Journal.AddCommandAsync(JournalFixture.Command(), CancellationToken.None)];
        }

        foreach (var writer in writers)
        {
            var refusal = await Assert.ThrowsAsync<JournalUnavailableException>(() => writer.WaitAsync(JournalFixture.Limit));
            Assert.Equal($"Nothing is accepted now: no room for the journal {fixture.Journal.Path}: free some space on its disk.", refusal.Message);
        }

        await Assert.ThrowsAsync<JournalUnavailableException>(() => PublishLargeAsync(fixture));
        await fixture.Journal.CommitAsync(new AdvanceIdleConsumers(fixture.Journal), CancellationToken.None);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => PublishLargeAsync(fixture));
        Assert.Contains("no room for the journal", fixture.Journal.UnavailableBecause, StringComparison.Ordinal);
        Assert.Equal("New events are refused", Assert.Single(fixture.Log.Lines).Message[..22]);
    }

    [Fact]
    public async Task Service_resumes_when_there_is_room_again()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.PublishAsync(3);
        await fixture.TakeRoomAsync();
        await Assert.ThrowsAsync<JournalUnavailableException>(() => PublishLargeAsync(fixture));

        await fixture.GiveRoomAsync();
        var accepted = await PublishLargeAsync(fixture);

        Assert.Equal(4, accepted.Seq);
        Assert.Null(fixture.Journal.UnavailableBecause);
        Assert.Equal([LogLevel.Error, LogLevel.Information], fixture.Log.Lines.Select(line => line.Level));
    }

    [Fact]
    public async Task Whoever_is_told_that_something_was_recorded_finds_the_journal_well()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.TakeRoomAsync();
        await Assert.ThrowsAsync<JournalUnavailableException>(() => PublishLargeAsync(fixture));
        await fixture.GiveRoomAsync();
        Assert.NotNull(fixture.Journal.UnavailableBecause);

        Assert.Equal("well", await fixture.Journal.CommitAsync(new AskingWrite(fixture.Journal), CancellationToken.None));
    }

    [Fact]
    public async Task What_was_refused_left_no_gap_and_what_follows_takes_its_numbers()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(3);
        for (var round = 0; round < 3; round++)
        {
            await fixture.TakeRoomAsync();
            List<Event> batch = [JournalFixture.Event(), JournalFixture.Event(), JournalFixture.Event(payload: s_large), JournalFixture.Event()];
            await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.Bus.PublishAsync(batch, CancellationToken.None));
            await fixture.GiveRoomAsync();
            await fixture.PublishAsync(2);
        }

        Assert.Equal(Numbers(1, 9), (await consumer.ReadExactlyAsync(9)).Select(evt => evt.Seq));
        Assert.Equal((9, 9, 9), (fixture.Query("SELECT count(*) FROM events"), fixture.Query("SELECT max(seq) FROM events"), fixture.Journal.Head));
        Assert.Equal(9, fixture.Journal.Tallies.Events);
        Assert.Equal(new ConsumerSums(Ok: 0, Failed: 0, Waiting: 9), consumer.Sums);
    }

    [Fact]
    public async Task A_command_whose_end_could_not_be_recorded_stands_where_it_stood()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var command = JournalFixture.Command();
        await fixture.Journal.AddCommandAsync(command, CancellationToken.None);
        var end = new CommandState(CommandStatus.Succeeded) { Attempts = 1, EndedAt = 1, Result = new byte[100_000] };

        await fixture.TakeRoomAsync();
        await Assert.ThrowsAsync<JournalUnavailableException>(() =>
            fixture.Journal.CommitAsync(new UpdateCommand(fixture.Journal, command, end, announcement: null), CancellationToken.None));
        Assert.Equal((CommandStatus.Pending, 0), (command.Status, command.Attempts));
        Assert.Equal(1, fixture.Journal.Tallies.Commands(CommandStatus.Pending));

        await fixture.GiveRoomAsync();
        await fixture.Journal.CommitAsync(new UpdateCommand(fixture.Journal, command, end, announcement: null), CancellationToken.None);
        Assert.Equal(CommandStatus.Succeeded, fixture.Journal.Reader.Command(1)!.Status);
        Assert.Equal((0L, 1L), (fixture.Journal.Tallies.Commands(CommandStatus.Pending), fixture.Journal.Tallies.Commands(CommandStatus.Succeeded)));
    }

    [SmallDiskFact]
    public async Task A_real_disk_that_fills_up_loses_nothing_and_is_used_again_when_there_is_room()
    {
        using var folder = new TemporaryFolder();
        using var disk = SmallDisk.Mount(folder.File("small"));
        await using var fixture = await JournalFixture.OpenAsync(new JournalOptions { Path = Path.Combine(disk.Path, "sekia.db") });
        var consumer = await fixture.ConsumeAsync();
        var ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[10 << 20]);

        var accepted = new List<long>();
        var refusals = 0;
        while (refusals < 5)
        {
            try
            {
                accepted.Add((await PublishLargeAsync(fixture)).Seq);
            }
            catch (JournalUnavailableException)
            {
                refusals++;
            }
        }

        Assert.NotNull(fixture.Journal.UnavailableBecause);
        Assert.Single(fixture.Log.Lines);
        Assert.Equal(accepted, (await consumer.ReadExactlyAsync(accepted.Count)).Select(evt => evt.Seq));

        File.Delete(ballast);
        accepted.Add((await PublishLargeAsync(fixture)).Seq);
        Assert.Null(fixture.Journal.UnavailableBecause);
        Assert.Equal(Numbers(1, accepted.Count), accepted);
        await fixture.ReopenAsync();
        Assert.Equal(accepted.Count, fixture.Query("SELECT count(*) FROM events"));
        Assert.Equal(accepted.Count, (await fixture.ConsumeAsync()).Sums.Waiting);
    }

    private static Task<Accepted> PublishLargeAsync(JournalFixture fixture) =>
        fixture.Bus.PublishAsync(JournalFixture.Event(payload: s_large), CancellationToken.None);

    /// <summary>Asks how the journal is in the moment in which it is told of its own success.</summary>
    private sealed class AskingWrite(EventJournal journal) : Write<string>
    {
        public override void Apply(JournalTransaction transaction) => transaction.Database.Execute("INSERT INTO cursors VALUES ('asking', '1', 1)");

        protected override string Deliver() => journal.UnavailableBecause ?? "well";
    }
}
