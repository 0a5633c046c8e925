using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Ends of runs on their way to the journal: gathered event by event, committed together, a few commits under way at a time. Commits are
/// recorded in the order they are handed over.
/// </summary>
internal sealed class RunBatch(Consumer consumer, int maxUnderWay)
{
    private readonly Queue<Task> _underWay = new();
    private readonly List<Run> _ofEvent = [];
    private List<Run> _runs = [];
    private int _events;
    private long _position;

    /// <summary>One run of the event at hand has ended.</summary>
    public void Add(Run? run)
    {
        if (run is not null)
        {
            _ofEvent.Add(run);
        }
    }

    /// <summary>All runs of an event have ended: position and runs may be committed.</summary>
    public void EventDone(Event evt)
    {
        _events++;
        _position = evt.Seq;
        _runs.AddRange(_ofEvent);
        _ofEvent.Clear();
    }

    /// <summary>Hands over what is done, and waits only when too much is under way.</summary>
    /// <exception cref="JournalUnavailableException">A commit has failed; go back to the consumer's position.</exception>
    public async ValueTask CommitAsync()
    {
        if (_events > 0)
        {
            var handled = new Handled(_position, _events, _runs);
            (_runs, _events) = ([], 0);
            _underWay.Enqueue(consumer.CommitAsync(handled, CancellationToken.None));
        }

        while (_underWay.Count >= maxUnderWay || (_underWay.TryPeek(out var first) && first.IsCompleted))
        {
            await _underWay.Dequeue();
        }
    }

    /// <summary>Hands over what is done, and waits until all of it is on disk.</summary>
    /// <exception cref="JournalUnavailableException">A commit has failed; go back to the consumer's position.</exception>
    public async ValueTask FlushAsync()
    {
        await CommitAsync();
        while (_underWay.TryDequeue(out var commit))
        {
            await commit;
        }
    }
}
