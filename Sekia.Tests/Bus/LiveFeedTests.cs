using Sekia.Modules.Bus;

namespace Sekia.Tests.Bus;

public sealed class LiveFeedTests
{
    private readonly LiveFeed _feed = new();

    [Fact]
    public async Task A_listener_receives_what_its_pattern_matches_in_order()
    {
        using var subscription = _feed.Subscribe(SubjectPattern.Parse("sekia.events.*"));

        Publish("sekia.events.one", "sekia.registry", "sekia.events.two");
        subscription.Dispose();

        Assert.Equal(["sekia.events.one", "sekia.events.two"], await SubjectsOfAsync(subscription));
        Assert.Equal(0, subscription.Dropped);
    }

    [Fact]
    public async Task A_slow_listener_loses_its_oldest_and_is_told_how_many()
    {
        using var slow = _feed.Subscribe(SubjectPattern.Parse(">"), capacity: 3);
        using var roomy = _feed.Subscribe(SubjectPattern.Parse(">"), capacity: 100);

        Publish([.. Enumerable.Range(0, 10).Select(i => $"a.{i}")]);

        Assert.Equal(7, slow.TakeDropped());
        Assert.Equal(0, slow.TakeDropped());
        Publish("a.10");
        Assert.Equal(1, slow.TakeDropped());
        Assert.Equal(8, slow.Dropped);
        Assert.Equal(0, roomy.Dropped);
        slow.Dispose();
        roomy.Dispose();
        Assert.Equal(["a.8", "a.9", "a.10"], await SubjectsOfAsync(slow));
        Assert.Equal(11, (await SubjectsOfAsync(roomy)).Count);
    }

    [Fact]
    public void A_listener_that_never_reads_holds_up_nobody()
    {
        using var deaf = _feed.Subscribe(SubjectPattern.Parse(">"), capacity: 1);

        Publish([.. Enumerable.Repeat("a.b", 100_000)]);

        Assert.Equal(99_999, deaf.Dropped);
    }

    [Fact]
    public void A_listener_that_left_receives_nothing_more()
    {
        var subscription = _feed.Subscribe(SubjectPattern.Parse("a"), capacity: 1);
        Assert.True(_feed.HasListeners("a"));

        subscription.Dispose();
        subscription.Dispose();
        Publish("a", "a", "a");

        Assert.False(_feed.HasListeners("a"));
        Assert.Equal(0, subscription.Dropped);
    }

    [Fact]
    public async Task Reading_ends_when_it_is_cancelled()
    {
        using var subscription = _feed.Subscribe(SubjectPattern.Parse(">"));
        using var cancelled = new CancellationTokenSource();

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SubjectsOfAsync(subscription, cancelled.Token));
    }

    private static async Task<List<string>> SubjectsOfAsync(Subscription subscription, CancellationToken cancellationToken = default)
    {
        var subjects = new List<string>();
        await foreach (var message in subscription.ReadAllAsync(cancellationToken))
        {
            subjects.Add(message.Subject);
        }

        return subjects;
    }

    private void Publish(params string[] subjects)
    {
        foreach (var subject in subjects)
        {
            _feed.Publish(new Message(subject, JsonText.Null));
        }
    }
}
