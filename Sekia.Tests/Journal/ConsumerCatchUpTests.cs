using System.Text;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using static Sekia.Tests.Journal.ConsumerSteps;

namespace Sekia.Tests.Journal;

/// <summary>Alone in the process, because memory is measured.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class ConsumerCatchUpTests
{
    [Fact]
    public async Task A_consumer_that_stood_still_for_100_000_events_handles_each_once_in_order_with_flat_memory()
    {
        const int Events = 100_000;
        const long Flat = 60L << 20;
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var payload = Encoding.UTF8.GetBytes($$"""{"text":"{{new string('x', 2_000)}}"}""");
        for (var n = 0; n < Events; n += 500)
        {
            await fixture.Bus.PublishAsync([.. Enumerable.Range(0, 500).Select(_ => Large(payload))], CancellationToken.None);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Flat);
        Assert.Equal(Events, consumer.Sums.Waiting);

        var pace = new Random(1);
        var (expected, looks) = (1L, 0);
        var commits = new Queue<Task>();
        while (expected <= Events)
        {
            var asked = pace.Next(1, 3_000);
            var events = await consumer.ReadAsync(asked, CancellationToken.None).AsTask().WaitAsync(JournalFixture.Limit);
            Assert.InRange(events.Count, 1, asked);
            foreach (var evt in events)
            {
                Assert.Equal(expected++, evt.Seq);
            }

            commits.Enqueue(consumer.PassAsync(events));
            if (commits.Count > 4)
            {
                await commits.Dequeue();
            }

            if (expected / 20_000 > looks)
            {
                looks++;
                Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Flat);
            }
        }

        await Task.WhenAll(commits).WaitAsync(JournalFixture.Limit);
        Assert.Equal(new ConsumerSums(Events, Failed: 0, Waiting: 0), consumer.Sums);
        Assert.Equal(Events, fixture.Query("SELECT max(position, seen) FROM consumers"));
    }

    [Fact]
    public async Task It_catches_up_while_more_arrives_at_a_pace_of_its_own()
    {
        const int Events = 30_000;
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: "sekia.events.test");
        var publishing = Task.WhenAll(Enumerable.Range(0, 3).Select(publisher => Task.Run(async () =>
        {
            // A lot, then little, so that the window overflows and empties again and again.
            for (var (n, pace) = (0, new Random(publisher)); n < Events / 3;)
            {
                var count = Math.Min((Events / 3) - n, pace.Next(3) == 0 ? 3_000 : 5);
                await fixture.Bus.PublishAsync([JournalFixture.Event("sekia.events.other"), .. Enumerable.Range(0, count).Select(_ => JournalFixture.Event())], CancellationToken.None);
                n += count;
            }
        })));

        var reading = new Random(9);
        var (last, handled) = (0L, 0);
        while (handled < Events)
        {
            var asked = reading.Next(1, reading.Next(2) == 0 ? 16 : 5_000);
            var events = await consumer.ReadAsync(asked, CancellationToken.None).AsTask().WaitAsync(JournalFixture.Limit);
            Assert.InRange(events.Count, 1, asked);
            foreach (var evt in events)
            {
                Assert.True(evt.Seq > last, $"{evt.Seq} came after {last}");
                last = evt.Seq;
            }

            handled += events.Count;
            await consumer.PassAsync(events);
        }

        await publishing.WaitAsync(JournalFixture.Limit);
        Assert.Equal(Events, handled);
        Assert.Equal(new ConsumerSums(Events, Failed: 0, Waiting: 0), consumer.Sums);
    }

    [Fact]
    public async Task Large_payloads_do_not_fill_memory_either()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var n = 0; n < 100; n++)
        {
            await fixture.Bus.PublishAsync(Large(Encoding.UTF8.GetBytes($$"""{"text":"{{new string('x', 1_000_000)}}"}""")), CancellationToken.None);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 40L << 20);
        Assert.Equal(Numbers(1, 100), (await consumer.ReadExactlyAsync(100, max: 7)).Select(evt => evt.Seq));
    }

    [Fact]
    public async Task Failures_and_giving_up_in_the_middle_change_nothing()
    {
        const int Events = 6_000;
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        var publishing = Task.Run(async () =>
        {
            for (var n = 0; n < Events;)
            {
                try
                {
                    await fixture.PublishAsync(20);
                    n += 20;
                }
                catch (JournalUnavailableException)
                {
                    await fixture.GiveRoomAsync();
                }
            }
        });

        var chance = new Random(3);
        var commits = new Queue<Task>();
        var failures = 0;
        while (consumer.Sums.Ok < Events)
        {
            using var giveUp = new CancellationTokenSource(JournalFixture.Limit);
            var reading = consumer.ReadAsync(chance.Next(1, 200), giveUp.Token).AsTask();
            try
            {
                while (commits.Count > (reading.IsCompleted ? 3 : 0))
                {
                    await commits.Dequeue();
                }

                if (consumer.Sums.Ok == Events)
                {
                    await giveUp.CancelAsync();
                    await SettledAsync([reading]);
                    break;
                }

                var events = await reading;
                commits.Enqueue(chance.Next(6) == 0 ? consumer.HandleLoudlyAsync(events) : consumer.HandleAsync(events));
                if (chance.Next(10) == 0)
                {
                    await fixture.TakeRoomAsync();
                }

                if (chance.Next(10) == 0)
                {
                    consumer.Rewind();
                }
            }
            catch (JournalUnavailableException)
            {
                // The one reader stops reading before it goes back.
                failures++;
                await giveUp.CancelAsync();
                await SettledAsync([reading, .. commits]);
                commits.Clear();
                await fixture.GiveRoomAsync();
                consumer.Rewind();
            }
        }

        await publishing.WaitAsync(JournalFixture.Limit);
        Assert.Equal(Numbers(1, Events), fixture.HandledEvents());
        Assert.InRange(failures, 3, int.MaxValue);
    }

    private static Event Large(byte[] payload)
    {
        // A copy each, as from a socket: otherwise all would share one array and take no memory.
        var copy = (byte[])payload.Clone();
        return new Event { Subject = "sekia.events.test", Type = "test.thing.happened", Source = "test", Payload = copy };
    }
}
