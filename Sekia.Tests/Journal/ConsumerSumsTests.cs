using Sekia.Modules.Journal;
using static Sekia.Tests.Journal.ConsumerSteps;

namespace Sekia.Tests.Journal;

public sealed class ConsumerSumsTests
{
    [Fact]
    public async Task Each_event_counts_once_as_ok_or_as_failed()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(10);
        var events = await consumer.ReadExactlyAsync(6);

        // Two handlers failed on one event, and one did on another.
        await consumer.CommitAsync(Handled(events, FailedRun(events[1]), FailedRun(events[1]), Run(events[1]), FailedRun(events[4])), CancellationToken.None);

        Assert.Equal(new ConsumerSums(Ok: 4, Failed: 2, Waiting: 4), consumer.Sums);
        await fixture.CrashAsync();
        Assert.Equal(new ConsumerSums(Ok: 4, Failed: 2, Waiting: 4), (await fixture.ConsumeAsync()).Sums);
    }

    [Fact]
    public async Task Under_load_the_sums_are_right_at_every_instant()
    {
        const int Events = 10_000;
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        var (offered, accepted, handedOver, committed) = (0L, 0L, 0L, 0L);
        var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var publishing = Task.Run(async () =>
        {
            for (var n = 0; n < Events; n += 50)
            {
                if (n + 50 == Events)
                {
                    // Not over before it has been looked at often enough.
                    await looked.Task;
                }

                Interlocked.Add(ref offered, 50);
                await fixture.PublishAsync(50);
                Interlocked.Add(ref accepted, 50);
            }
        });
        var handling = Task.Run(async () =>
        {
            while (committed < Events)
            {
                var events = await consumer.ReadAsync(37, CancellationToken.None);
                Interlocked.Add(ref handedOver, events.Count);
                await consumer.CommitAsync(Handled(events, FailedRun(events[0])), CancellationToken.None);
                Interlocked.Add(ref committed, events.Count);
            }
        });

        var looks = 0;
        while (!handling.IsCompleted)
        {
            var (surelyDelivered, surelyDone) = (Interlocked.Read(ref accepted), Interlocked.Read(ref committed));
            var sums = consumer.Sums;
            var (perhapsDone, perhapsDelivered) = (Interlocked.Read(ref handedOver), Interlocked.Read(ref offered));
            Assert.InRange(sums.Waiting, 0, Events);
            Assert.InRange(sums.Ok + sums.Failed, surelyDone, perhapsDone);
            Assert.InRange(sums.Delivered, surelyDelivered, perhapsDelivered);
            if (++looks == 100)
            {
                looked.SetResult();
            }
        }

        await Task.WhenAll(publishing, handling).WaitAsync(JournalFixture.Limit);
        Assert.Equal((Events, 0), (consumer.Sums.Delivered, consumer.Sums.Waiting));
    }

    [Fact]
    public async Task A_consumer_is_listed_when_what_waits_for_it_is_counted()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        fixture.Journal.Detach(await fixture.ConsumeAsync());
        await fixture.PublishAsync(5);

        var seen = new List<long>();
        var opening = fixture.ConsumeAsync();
        while (!opening.IsCompleted)
        {
            seen.AddRange(fixture.Journal.Consumers.Select(consumer => consumer.Sums.Waiting));
        }

        Assert.Equal(5, (await opening).Sums.Waiting);
        Assert.All(seen, waiting => Assert.Equal(5, waiting));
    }
}
