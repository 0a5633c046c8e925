using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using static Sekia.Tests.Journal.ConsumerSteps;

namespace Sekia.Tests.Journal;

public sealed class ChainDepthTests
{
    [Fact]
    public async Task Workflows_that_answer_each_other_for_ever_end_in_a_dead_letter_that_says_so()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(1);

        var handled = 0;
        while (consumer.Sums.Waiting > 0)
        {
            var events = await consumer.ReadExactlyAsync(1);
            await consumer.CommitAsync(Handled(events, new Run { Event = events[0], Events = [JournalFixture.Event()] }), CancellationToken.None);
            handled++;
        }

        Assert.Equal(17, handled);
        Assert.Equal(new ConsumerSums(Ok: 16, Failed: 1, Waiting: 0), consumer.Sums);
        Assert.Equal(16, fixture.Query("SELECT max(depth) FROM events"));
        Assert.Equal(1, fixture.Query(
            "SELECT count(*) FROM runs WHERE outcome = 1 AND event = 17 AND events = 0 AND reason LIKE '%16th consequence in a chain%Find the workflows that answer each other%'"));
    }

    [Fact]
    public async Task At_the_end_of_a_chain_commands_stop_too_and_silence_is_fine()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        var deep = JournalFixture.Event();
        deep.Depth = Event.MaxDepth;
        await fixture.Bus.PublishAsync([deep, JournalFixture.Event()], CancellationToken.None);
        var events = await consumer.ReadExactlyAsync(2);

        await consumer.CommitAsync(
            Handled(events, new Run { Event = events[0], Log = "only looked" }, Run(events[0], JournalFixture.Command()), Run(events[1], JournalFixture.Command())),
            CancellationToken.None);

        Assert.Equal(new ConsumerSums(Ok: 1, Failed: 1, Waiting: 0), consumer.Sums);
        Assert.Equal([2L], fixture.HandledEvents());
        Assert.Equal(2, fixture.Query("SELECT count(*) FROM runs WHERE outcome = 0"));
    }
}
