using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using static Sekia.Tests.Journal.ConsumerSteps;

namespace Sekia.Tests.Journal;

public sealed class ConsumerReplacementTests
{
    [Fact]
    public async Task What_the_old_one_handed_over_before_counts_and_the_new_one_goes_on_behind_it()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var old = await fixture.ConsumeAsync();
        await fixture.PublishAsync(4);
        var events = await old.ReadExactlyAsync(2);

        Task before;
        Task<Consumer> opening;
        using (await fixture.HoldWriterAsync())
        {
            before = old.HandleAsync(events);
            opening = fixture.ConsumeAsync();
        }

        await before.WaitAsync(JournalFixture.Limit);
        var current = await opening.WaitAsync(JournalFixture.Limit);
        Assert.Equal(new ConsumerSums(Ok: 2, Failed: 0, Waiting: 2), current.Sums);
        Assert.Equal([3, 4], (await current.ReadExactlyAsync(2)).Select(evt => evt.Seq));
    }

    [Fact]
    public async Task What_the_old_one_hands_over_later_is_refused_even_in_the_transaction_that_replaces_it()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var old = await fixture.ConsumeAsync();
        await fixture.PublishAsync(4);
        var events = await old.ReadExactlyAsync(4);

        Task<Consumer> opening;
        Task[] after;
        using (await fixture.HoldWriterAsync())
        {
            opening = fixture.ConsumeAsync();
            after = [old.HandleAsync(events[..1]), old.HandleAsync(events[1..2]), old.HandleAsync(events[2..])];
        }

        foreach (var commit in after)
        {
            await Assert.ThrowsAsync<ConsumerReplacedException>(() => commit.WaitAsync(JournalFixture.Limit));
        }

        var current = await opening.WaitAsync(JournalFixture.Limit);
        Assert.Equal(0, fixture.Query("SELECT count(*) FROM commands"));
        await current.HandleAsync(await current.ReadExactlyAsync(4));
        Assert.Equal(Numbers(1, 4), fixture.HandledEvents());
    }

    [Fact]
    public async Task What_waits_is_known_at_every_moment_while_one_takes_the_place_of_another()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var old = await fixture.ConsumeAsync();
        await fixture.PublishAsync(3);
        await old.HandleAsync(await old.ReadExactlyAsync(1));
        var seen = new List<ConsumerSums>();

        // The second is replaced before what waits for it has been counted.
        var (second, third) = (new Consumer(fixture.Journal, old.Name, old.Patterns), new Consumer(fixture.Journal, old.Name, old.Patterns));
        foreach (var next in (Consumer[])[second, third])
        {
            await fixture.Journal.CommitAsync(new OpenConsumer(fixture.Journal, next), CancellationToken.None);
            await fixture.PublishAsync(1);
            seen.AddRange([old.Sums, Assert.Single(fixture.Journal.Consumers).Sums]);
        }

        third.SetBacklog(3);
        seen.Add(old.Sums);
        await third.HandleAsync(await third.ReadExactlyAsync(4));

        Assert.Equal([3, 3, 4, 4, 4], seen.Select(sums => sums.Waiting));
        Assert.All(seen, sums => Assert.Equal((1, 0), (sums.Ok, sums.Failed)));
        Assert.Equal((new ConsumerSums(Ok: 5, Failed: 0, Waiting: 0), 5), (old.Sums, old.Position));
        Assert.Equal((true, true, false), (old.Replaced, second.Replaced, third.Replaced));
    }

    [Fact]
    public async Task The_old_one_stays_refused_whatever_it_tries()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var old = await fixture.ConsumeAsync();
        await fixture.PublishAsync(1);
        var events = await old.ReadExactlyAsync(1);
        var current = await fixture.ConsumeAsync();

        await Assert.ThrowsAsync<ConsumerReplacedException>(() => old.HandleAsync(events));
        old.Rewind();
        await Assert.ThrowsAsync<ConsumerReplacedException>(() => old.HandleAsync(events));

        await current.HandleAsync(await current.ReadExactlyAsync(1));
        await Assert.ThrowsAsync<ConsumerReplacedException>(() => old.HandleAsync(events));
        Assert.Equal([1], fixture.HandledEvents());
    }

    [Fact]
    public async Task An_idle_one_is_not_moved_over_what_its_successor_has_yet_to_handle()
    {
        // Its successor listens to more, so what did not concern the old one may concern the new one.
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.ConsumeAsync(patterns: "sekia.events.rare");
        await fixture.PublishAsync(3);

        Task<Consumer> opening;
        Task sweeping;
        using (await fixture.HoldWriterAsync())
        {
            opening = fixture.ConsumeAsync(patterns: "sekia.events.>");
            sweeping = fixture.Journal.CommitAsync(new AdvanceIdleConsumers(fixture.Journal), CancellationToken.None);
        }

        await sweeping.WaitAsync(JournalFixture.Limit);
        var current = await opening.WaitAsync(JournalFixture.Limit);
        Assert.Equal(0, fixture.Query("SELECT max(position, seen) FROM consumers"));
        await current.HandleAsync(await current.ReadExactlyAsync(3));
        Assert.Equal(Numbers(1, 3), fixture.HandledEvents());
    }

    [Fact]
    public async Task Patterns_may_change_from_one_to_the_next()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var old = await fixture.ConsumeAsync(patterns: "sekia.events.github");
        await fixture.PublishAsync(1, "sekia.events.github");
        await old.HandleAsync(await old.ReadExactlyAsync(1));

        var current = await fixture.ConsumeAsync(patterns: "sekia.events.slack");
        await fixture.PublishAsync(1, "sekia.events.github");
        await fixture.PublishAsync(1, "sekia.events.slack");

        Assert.Equal("sekia.events.slack", Assert.Single(await current.ReadExactlyAsync(1)).Subject);
        Assert.Equal(new ConsumerSums(Ok: 1, Failed: 0, Waiting: 1), current.Sums);
        Assert.Equal((current.Sums, 1), (old.Sums, old.OwnSums.Delivered));
    }

    [Fact]
    public async Task Replaced_again_and_again_under_load_nothing_is_lost_or_done_twice()
    {
        const int Events = 8_000;
        const int Versions = 20;
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        var publishing = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; n < Events / 4; n += 10)
            {
                await fixture.PublishAsync(10);
            }
        })));

        using var end = new CancellationTokenSource(JournalFixture.Limit);
        var readers = new List<Task> { HandleUntilReplacedAsync(consumer, end.Token) };
        for (var version = 1; version <= Versions; version++)
        {
            while (fixture.Journal.Head < version * Events / (Versions + 1))
            {
                await Task.Yield();
            }

            consumer = await fixture.ConsumeAsync();
            readers.Add(HandleUntilReplacedAsync(consumer, end.Token));
        }

        await publishing.WaitAsync(JournalFixture.Limit);
        while (consumer.Sums.Waiting > 0)
        {
            end.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await end.CancelAsync();
        await Task.WhenAll(readers).WaitAsync(JournalFixture.Limit);
        Assert.Equal(new ConsumerSums(Events, Failed: 0, Waiting: 0), consumer.Sums);
        Assert.Equal(Numbers(1, Events), fixture.HandledEvents());
    }

    /// <summary>As a workflow's reader does it: the next events are handled while the commit before is on its way.</summary>
    private static async Task HandleUntilReplacedAsync(Consumer consumer, CancellationToken end)
    {
        var commits = new Queue<Task>();
        try
        {
            while (true)
            {
                commits.Enqueue(consumer.HandleAsync((IReadOnlyList<Event>)await consumer.ReadAsync(64, end)));
                if (commits.Count > 3)
                {
                    await commits.Dequeue();
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }
        catch (ConsumerReplacedException)
        {
        }

        // Recorded or refused: the file tells.
        await SettledAsync(commits);
    }
}
