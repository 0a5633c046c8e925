using Sekia.Modules.Journal;

namespace Sekia.Modules.Bus;

/// <summary>The way in for events, and the way to listen to what goes by.</summary>
public sealed class EventBus(EventJournal journal, LiveFeed feed)
{
    /// <summary>Publishes an event. Completes when it is on disk, never before (J1).</summary>
    /// <exception cref="InvalidEventException">The event is malformed; the message names the fault.</exception>
    /// <exception cref="JournalUnavailableException">The journal cannot record it now; nothing was accepted.</exception>
    public async Task<Accepted> PublishAsync(Event evt, CancellationToken cancellationToken) =>
        (await PublishAsync([evt], cancellationToken))[0];

    /// <summary>Publishes several events, all or none, in their order.</summary>
    /// <inheritdoc cref="PublishAsync(Event, CancellationToken)"/>
    public Task<IReadOnlyList<Accepted>> PublishAsync(IReadOnlyList<Event> events, CancellationToken cancellationToken) =>
        journal.AppendAsync(events, cursor: null, cancellationToken);

    /// <inheritdoc cref="LiveFeed.Subscribe"/>
    public Subscription Subscribe(SubjectPattern pattern, int capacity = 256) => feed.Subscribe(pattern, capacity);
}
