using Sekia.Modules.Journal;
using static Sekia.Tests.Journal.ConsumerSteps;

namespace Sekia.Tests.Journal;

public sealed class ConsumerTests
{
    [Fact]
    public async Task A_new_consumer_begins_at_the_head()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.PublishAsync(5);

        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(2);

        Assert.Equal([6, 7], (await consumer.ReadExactlyAsync(2)).Select(evt => evt.Seq));
    }

    [Fact]
    public async Task Only_events_whose_subject_matches_arrive()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: ["sekia.events.github", "sekia.events.slack.>"]);

        await fixture.PublishAsync(1, "sekia.events.mail");
        await fixture.PublishAsync(1, "sekia.events.slack.message");
        await fixture.PublishAsync(1, "sekia.events.github");

        Assert.Equal(["sekia.events.slack.message", "sekia.events.github"], (await consumer.ReadExactlyAsync(2)).Select(evt => evt.Subject));
        Assert.Equal(2, consumer.Sums.Delivered);
    }

    [Fact]
    public async Task A_consumer_without_patterns_opens_and_receives_nothing()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        var consumer = await fixture.Journal.OpenConsumerAsync("workflow:empty", [], CancellationToken.None);
        await fixture.PublishAsync(1);

        Assert.Equal(0, consumer.Sums.Delivered);
        Assert.Null(fixture.Journal.UnavailableBecause);
    }

    [Fact]
    public async Task After_a_restart_a_consumer_goes_on_where_it_was()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(10);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(4));

        await fixture.ReopenAsync();
        await fixture.PublishAsync(1);
        consumer = await fixture.ConsumeAsync();

        Assert.Equal(new ConsumerSums(Ok: 4, Failed: 0, Waiting: 7), consumer.Sums);
        Assert.Equal(Numbers(5, 11), (await consumer.ReadExactlyAsync(7)).Select(evt => evt.Seq));
    }

    [Fact]
    public async Task After_a_crash_what_was_committed_is_done_and_the_rest_comes_again()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(10);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(3));
        await consumer.ReadExactlyAsync(4);

        await fixture.CrashAsync();
        consumer = await fixture.ConsumeAsync();
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(7));

        Assert.Equal(Numbers(1, 10), fixture.HandledEvents());
    }

    [Fact]
    public async Task A_detached_consumer_receives_nothing_more_and_later_goes_on_where_it_was()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(2);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(2));

        fixture.Journal.Detach(consumer);
        await fixture.PublishAsync(3);

        Assert.Empty(fixture.Journal.Consumers);
        Assert.Equal(2, consumer.Sums.Delivered);
        var again = await fixture.ConsumeAsync();
        Assert.Equal([3, 4, 5], (await again.ReadExactlyAsync(3)).Select(evt => evt.Seq));
    }

    [Fact]
    public async Task Detaching_an_old_consumer_leaves_the_one_that_took_its_place()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var old = await fixture.ConsumeAsync();
        var current = await fixture.ConsumeAsync();

        fixture.Journal.Detach(old);
        await fixture.PublishAsync(1);

        Assert.Equal([current], fixture.Journal.Consumers);
        Assert.Single(await current.ReadExactlyAsync(1));
    }

    [Fact]
    public async Task Idle_consumers_need_not_search_again_what_did_not_concern_them()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: "sekia.events.rare");
        await fixture.PublishAsync(100);

        await fixture.ReopenAsync();

        Assert.Equal(100, fixture.Query("SELECT max(position, seen) FROM consumers"));
        Assert.Equal(100, (await fixture.ConsumeAsync(patterns: "sekia.events.rare")).Position);
        Assert.Equal(100, consumer.Position);
    }

    [Fact]
    public async Task A_consumer_with_work_to_do_is_not_moved_past_it()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();
        await fixture.PublishAsync(3);
        var events = await consumer.ReadExactlyAsync(3);
        await fixture.PublishAsync(1, "sekia.other");

        Task sweeping, committing;
        using (await fixture.HoldWriterAsync())
        {
            sweeping = fixture.Journal.CommitAsync(new AdvanceIdleConsumers(fixture.Journal), CancellationToken.None);
            committing = consumer.HandleAsync(events[..2]);
        }

        await Task.WhenAll(sweeping, committing).WaitAsync(JournalFixture.Limit);
        Assert.Equal(2, fixture.Query("SELECT max(position, seen) FROM consumers"));
        Assert.Equal(2, consumer.Position);
    }

    [Fact]
    public async Task Moving_past_foreign_events_does_not_disturb_the_commits_that_follow()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync(patterns: "sekia.events.test");
        await fixture.PublishAsync(1);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(1));
        await fixture.PublishAsync(5, "sekia.other");

        await fixture.Journal.CommitAsync(new AdvanceIdleConsumers(fixture.Journal), CancellationToken.None);
        await fixture.PublishAsync(1);
        await consumer.HandleAsync(await consumer.ReadExactlyAsync(1));

        Assert.Equal([1, 7], fixture.HandledEvents());
        Assert.Equal(7, consumer.Position);
    }
}
