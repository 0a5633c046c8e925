using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Api;

/// <summary>Where a client of a stream is in the journal, which it reads page by page in its own time.</summary>
internal sealed class StreamPlace(EventJournal journal, EventFilter filter, long after)
{
    private const int PageEvents = 200;

    /// <summary>A client that does not read holds on to a page, and there may be <see cref="StreamSeats.MaxClients"/> of them.</summary>
    private const long PageBytes = 64L << 10;

    private long _after = after;

    /// <summary>Passes over what is left, up to the end of the journal, whose number it answers.</summary>
    public long SkipToEnd() => _after = journal.Head;

    /// <summary>What comes next, in order; <c>null</c> at the end of the journal. A page may be empty: the journal is searched in steps.</summary>
    public IReadOnlyList<StreamItem>? Next()
    {
        var head = journal.Head;
        if (_after > head)
        {
            // Numbers of another journal: whatever was missed cannot be known.
            var gap = new JournalGap(_after, head + 1);
            _after = head;
            return [new StreamItem(gap)];
        }

        if (_after == head)
        {
            return null;
        }

        var seen = 0L;
        var (events, upTo) = journal.Reader.Events(_after, head, subject => filter.Matches(subject, ref seen), filter.Type, PageEvents, PageBytes);
        var items = events.Where(evt => filter.Source is null || evt.Source == filter.Source).Select(evt => new StreamItem(evt));
        if (seen < upTo - _after)
        {
            items = items.Concat(journal.Reader.Gaps(_after, upTo).Select(gap => new StreamItem(gap))).OrderBy(item => item.Number);
        }

        _after = upTo;
        return [.. items];
    }
}

/// <summary>An event, or numbers that are gone.</summary>
internal readonly struct StreamItem
{
    public StreamItem(Event evt) => (Event, Number) = (evt, evt.Seq);

    public StreamItem(JournalGap gap) => (Gap, Number) = (gap, gap.First - 1);

    public Event? Event { get; }

    public JournalGap? Gap { get; }

    /// <summary>Its place in the journal; of a gap the last number that is gone.</summary>
    public long Number { get; }
}
