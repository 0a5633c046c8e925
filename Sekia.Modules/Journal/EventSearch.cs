using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>Looks for events by their kind, from either end of a stretch of the journal, a page at a time and in bounded time.</summary>
internal static class EventSearch
{
    /// <summary>The newest events first, whose numbers lie between two others, that are of the kind looked for.</summary>
    /// <returns>At most <paramref name="limit"/> events, and where to go on as <paramref name="before"/>; <c>null</c> at the end.</returns>
    public static (List<Event> Events, long? Next) Backwards(this JournalReader reader, EventSelection wanted, long after, long before, int limit, long maxBytes) =>
        Find(reader, wanted, after, before, backwards: true, limit, maxBytes);

    /// <summary>The same in the order of the journal.</summary>
    /// <returns>Where to go on is an <paramref name="after"/>.</returns>
    public static (List<Event> Events, long? Next) Forwards(this JournalReader reader, EventSelection wanted, long after, long before, int limit, long maxBytes) =>
        Find(reader, wanted, after, before, backwards: false, limit, maxBytes);

    /// <summary>The number of the first event accepted at a time or later; one more than the last when there is none.</summary>
    /// <param name="time">Unix milliseconds.</param>
    public static long NumberAt(this JournalReader reader, long time)
    {
        // Events stand in the order of their time, as far as the clock was never set back.
        var low = reader.Number("SELECT coalesce(min(seq), 1) FROM events");
        var high = reader.Number("SELECT coalesce(max(seq), 0) FROM events") + 1;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (reader.Number("SELECT accepted_at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1", middle) >= time)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>The first and the last number there may be between two others.</summary>
    public static (long Low, long High) Between(this JournalReader reader, long after, long before) => (
        Math.Max(Math.Min(after, long.MaxValue - 1) + 1, reader.Number("SELECT coalesce(min(seq), 1) FROM events")),
        Math.Min(before - 1, reader.Number("SELECT coalesce(max(seq), 0) FROM events")));

    private static (List<Event> Events, long? Next) Find(JournalReader reader, EventSelection wanted, long after, long before, bool backwards, int limit, long maxBytes)
    {
        var (low, high) = reader.Between(after, before);
        var found = new List<Event>();
        var left = (long)JournalReader.MaxRowsSeen;
        foreach (var (first, last, mayHold) in Stretches(reader, EventBlock.Wanted(wanted), low, high, backwards))
        {
            // A block that is passed over costs about as much as a row that is read.
            left -= mayHold ? last - first + 1 : 1;
            if (mayHold && !Read(reader, wanted, first, last, backwards, limit, ref maxBytes, found))
            {
                return (found, found[^1].Seq);
            }

            if (left <= 0 && (backwards ? first > low : last < high))
            {
                return (found, backwards ? first : last);
            }
        }

        return (found, null);
    }

    /// <summary>Adds what is found; <c>false</c> when there is more than may be added.</summary>
    private static bool Read(JournalReader reader, EventSelection wanted, long first, long last, bool backwards, int limit, ref long maxBytes, List<Event> found)
    {
        using var connection = reader.Rent();
        var rows = connection
            .Statement(EventReader.Columns + $"WHERE seq BETWEEN ?1 AND ?2 AND (?3 IS NULL OR type = ?3) AND (?4 IS NULL OR source = ?4) ORDER BY seq {(backwards ? "DESC" : "ASC")}")
            .Bind(1, first).Bind(2, last).Bind(3, wanted.Type).Bind(4, wanted.Source);
        try
        {
            while (rows.Step())
            {
                var subject = rows.Text(1);
                if (wanted.Subject?.Matches(subject) == false)
                {
                    continue;
                }

                if (found.Count == limit || maxBytes <= 0)
                {
                    return false;
                }

                found.Add(EventReader.ReadEvent(rows, subject, reader.Salt));
                maxBytes -= found[^1].Payload.Length;
            }

            return true;
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>The journal between two numbers in pieces of a block at most, in order, and whether each may hold what is wanted.</summary>
    public static IEnumerable<(long First, long Last, bool MayHold)> Stretches(JournalReader reader, ulong[] wanted, long low, long high, bool backwards)
    {
        if (low > high)
        {
            yield break;
        }

        using var connection = reader.Rent();
        var notes = connection.Statement($"SELECT block, kinds FROM event_blocks WHERE block BETWEEN ? AND ? ORDER BY block {(backwards ? "DESC" : "ASC")}")
            .Bind(1, EventBlock.Of(low)).Bind(2, EventBlock.Of(high));
        try
        {
            long? noted = wanted.Length > 0 && notes.Step() ? notes.Number(0) : null;
            var block = EventBlock.Of(backwards ? high : low);
            while (backwards ? block >= EventBlock.Of(low) : block <= EventBlock.Of(high))
            {
                var mayHold = true;
                if (noted == block)
                {
                    mayHold = EventBlock.MayHold(notes.Span(1), wanted);
                    noted = notes.Step() ? notes.Number(0) : null;
                }
                else if (reader.Nearest(EventBlock.Last(block), EventBlock.First(block), backwards) is { } near && EventBlock.Of(near) != block)
                {
                    // Numbers that are gone, maybe millions of them.
                    block = backwards ? Math.Max(EventBlock.Of(near), noted ?? 0) : Math.Min(EventBlock.Of(near), noted ?? long.MaxValue);
                    continue;
                }

                yield return (Math.Max(low, EventBlock.First(block)), Math.Min(high, EventBlock.Last(block)), mayHold);
                block += backwards ? -1 : 1;
            }
        }
        finally
        {
            notes.Reset();
        }
    }

    /// <summary>The number of the nearest event there is.</summary>
    private static long? Nearest(this JournalReader reader, long last, long first, bool backwards)
    {
        using var connection = reader.Rent();
        return backwards
            ? connection.Statement("SELECT max(seq) FROM events WHERE seq <= ?").Bind(1, last).RunForNumber()
            : connection.Statement("SELECT min(seq) FROM events WHERE seq >= ?").Bind(1, first).RunForNumber();
    }
}
