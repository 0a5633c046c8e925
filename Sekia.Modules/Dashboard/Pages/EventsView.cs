using Sekia.Modules.Api;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary>A page of events, the newest first.</summary>
/// <param name="Events">At most <see cref="EventsQuery.PageRows"/>.</param>
/// <param name="IsLive">Whether new events belong at its top.</param>
/// <param name="Head">Up to which number it knows of.</param>
/// <param name="Newer">What the next newer page begins after; <c>null</c> when this is the newest.</param>
/// <param name="Older">What the next older page begins before; <c>null</c> at the end.</param>
/// <param name="SearchedTo">When the search has not come to its end and this page is not full: back to which time it came, in Unix milliseconds.</param>
public sealed record EventsView(IReadOnlyList<EventView> Events, bool IsLive, long Head, long? Newer, long? Older, long? SearchedTo)
{
    internal static EventsView Of(EventJournal journal, EventsQuery query)
    {
        var head = journal.Head;
        var (low, high) = query.Bounds(journal.Reader);
        if (query.After is { } after && NewerPage(journal.Reader, query, head, Math.Max(low, after), low, high) is { } newer)
        {
            return newer;
        }

        var before = Math.Min(high, query.After is null ? query.Before ?? long.MaxValue : long.MaxValue);
        var (events, next) = journal.Reader.Backwards(query.Selection, low, Math.Min(before, head + 1), EventsQuery.PageRows, ApiQuery.MaxBytes);
        return new EventsView(
            [.. events.Select(EventView.Of)],
            query.IsLive || (query.After is not null && query.To is null),
            head,
            query.Before is null || query.After is not null ? null : events.Count > 0 ? events[0].Seq : before - 1,
            next,
            events.Count < EventsQuery.PageRows && next is { } number ? TimeOf(journal.Reader, number) : null);
    }

    /// <summary>The page of those that follow a number; <c>null</c> when they do not fill one, for then the newest page has them all.</summary>
    private static EventsView? NewerPage(JournalReader reader, EventsQuery query, long head, long after, long low, long high)
    {
        var (events, next) = reader.Forwards(query.Selection, after, high, EventsQuery.PageRows, ApiQuery.MaxBytes);
        if (next is null)
        {
            return null;
        }

        events.Reverse();
        return new EventsView(
            [.. events.Select(EventView.Of)], IsLive: false, head, next, after > low ? after + 1 : null, events.Count < EventsQuery.PageRows ? TimeOf(reader, next.Value) : null);
    }

    private static long? TimeOf(JournalReader reader, long number) =>
        reader.Number("SELECT accepted_at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1", number) is var time and > 0 ? time : null;
}
