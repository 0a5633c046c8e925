using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

public sealed class PublishTests
{
    [Fact]
    public async Task A_published_event_is_in_the_file_for_everyone_to_read()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        var accepted = await fixture.Bus.PublishAsync(JournalFixture.Event(payload: """{"n":1}"""), CancellationToken.None);

        Assert.Equal(1, fixture.Query($"SELECT count(*) FROM events WHERE seq = {accepted.Seq} AND payload = CAST('{{\"n\":1}}' AS BLOB)"));
    }

    [Fact]
    public async Task A_published_event_survives_a_crash()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var accepted = await fixture.Bus.PublishAsync(JournalFixture.Event(), CancellationToken.None);

        await fixture.CrashAsync();

        Assert.Equal(accepted.Id, fixture.Journal.Reader.Event(accepted.Seq)?.Id);
        Assert.Equal(accepted.Seq, fixture.Journal.Head);
    }

    [Fact]
    public async Task Commits_are_forced_to_the_disk_one_by_one()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var (synchronous, checkpoint) = (0L, 0L);

        await fixture.OnWriterAsync(transaction =>
        {
            synchronous = transaction.Database.QueryNumber("PRAGMA synchronous");
            checkpoint = transaction.Database.QueryNumber("PRAGMA wal_autocheckpoint");
        });

        Assert.Equal(2, synchronous);
        Assert.InRange(checkpoint, 1, 10_000);
    }

    [Fact]
    public async Task What_gathers_while_the_disk_is_busy_shares_one_commit()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.PublishAsync(1);
        var before = WalFile.Commits(fixture.Journal.Path);

        Task<Accepted>[] published;
        using (await fixture.HoldWriterAsync())
        {
            published = [.. Enumerable.Range(0, 1_000).Select(_ => fixture.Bus.PublishAsync(JournalFixture.Event(), CancellationToken.None))];
            Assert.DoesNotContain(published, one => one.IsCompleted);
        }

        await Task.WhenAll(published).WaitAsync(JournalFixture.Limit);
        Assert.Equal(before + 1, WalFile.Commits(fixture.Journal.Path));
    }

    [Fact]
    public async Task Each_publisher_keeps_its_order_and_nothing_is_lost()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        await Task.WhenAll(Enumerable.Range(0, 32).Select(publisher => Task.Run(async () =>
        {
            for (var n = 0; n < 100; n++)
            {
                await fixture.Bus.PublishAsync(JournalFixture.Event(source: $"publisher-{publisher}", payload: $$"""{"n":{{n}}}"""), CancellationToken.None);
            }
        }))).WaitAsync(JournalFixture.Limit);

        var (events, _) = fixture.Journal.Reader.Events(0, long.MaxValue, _ => true, type: null, limit: 10_000);
        Assert.Equal(Enumerable.Range(1, 3_200).Select(n => (long)n), events.Select(evt => evt.Seq));
        foreach (var one in events.GroupBy(evt => evt.Source))
        {
            Assert.Equal(Enumerable.Range(0, 100).Select(n => $$"""{"n":{{n}}}"""), one.Select(evt => System.Text.Encoding.UTF8.GetString(evt.Payload.Span)));
        }
    }

    [Fact]
    public async Task Events_handed_over_without_waiting_are_recorded_in_that_order_though_the_queue_is_full()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        Task<Accepted>[] published;
        using (await fixture.HoldWriterAsync())
        {
            published = await PublishWithoutWaitingAsync(fixture, 20_000);
        }

        var accepted = await Task.WhenAll(published).WaitAsync(JournalFixture.Limit);
        Assert.Equal(Enumerable.Range(1, 20_000).Select(n => (long)n), accepted.Select(one => one.Seq));
    }

    [Fact]
    public async Task An_event_is_accepted_or_refused_as_a_whole_when_the_host_stops()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        Task<Accepted>[] published;
        Task stopping;
        using (await fixture.HoldWriterAsync())
        {
            published = await PublishWithoutWaitingAsync(fixture, 10_000);
            stopping = fixture.Journal.DisposeAsync().AsTask();
        }

        await stopping.WaitAsync(JournalFixture.Limit);
        await Task.WhenAll(published).ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(JournalFixture.Limit);

        await fixture.ReopenAsync();
        var refused = published.Where(one => one.IsFaulted).ToList();
        Assert.All(refused, one => Assert.IsType<JournalUnavailableException>(one.Exception!.InnerException));
        Assert.Equal(10_000 - refused.Count, fixture.Journal.Head);
    }

    /// <summary>Outside the test's synchronization context, which would take each continuation in turn and minutes for all.</summary>
    private static Task<Task<Accepted>[]> PublishWithoutWaitingAsync(JournalFixture fixture, int events) =>
        Task.Run(() => Enumerable.Range(0, events).Select(_ => fixture.Bus.PublishAsync(JournalFixture.Event(), CancellationToken.None)).ToArray());
}
