namespace Sekia.Modules.Bus;

/// <summary>
/// Hands messages to whoever listens right now: the dashboard's stream, bridges, tests. Best effort by design; what must
/// not be missed is read from the journal.
/// </summary>
public sealed class LiveFeed
{
    private readonly SubjectIndex<Subscription> _subscriptions = new();

    /// <summary>Listens from now on. Dispose the subscription to stop.</summary>
    /// <param name="pattern">Which subjects.</param>
    /// <param name="capacity">How many messages may wait; beyond that the oldest is dropped and counted.</param>
    public Subscription Subscribe(SubjectPattern pattern, int capacity = 256)
    {
        var subscription = new Subscription(capacity, gone => _subscriptions.Remove(pattern, gone));
        _subscriptions.Add(pattern, subscription);
        return subscription;
    }

    /// <summary>Whether anyone would receive a message on this subject.</summary>
    public bool HasListeners(string subject) => _subscriptions.Match(subject).Length > 0;

    /// <summary>Hands a message to every listener; never waits for one.</summary>
    public void Publish(Message message)
    {
        foreach (var subscription in _subscriptions.Match(message.Subject))
        {
            subscription.Offer(message);
        }
    }
}
