using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>The questions about events.</summary>
internal static class EventReader
{
    public const string Columns =
        "SELECT seq, subject, accepted_at, timestamp, type, source, key, depth, cause_event, cause_run, cause_command, payload FROM events ";

    /// <summary>Events after a place, up to another, that pass the filter, in order.</summary>
    /// <returns>At most <paramref name="limit"/> events, and up to which place the journal was searched.</returns>
    public static (List<Event> Events, long UpTo) Events(this JournalReader reader, long after, long upTo, Func<string, bool> subjectMatches, string? type, int limit, long maxBytes = long.MaxValue)
    {
        using var connection = reader.Rent();
        var rows = connection.Statement(Columns + "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?").Bind(1, after).Bind(2, upTo).Bind(3, JournalReader.MaxRowsSeen);
        try
        {
            var found = new List<Event>();
            var seen = 0;
            while (found.Count < limit && maxBytes > 0 && rows.Step())
            {
                seen++;
                after = rows.Number(0);
                var subject = rows.Text(1);
                if (subjectMatches(subject) && (type is null || rows.Text(4) == type))
                {
                    var evt = ReadEvent(rows, subject, reader.Salt);
                    maxBytes -= evt.Payload.Length;
                    found.Add(evt);
                }
            }

            var atEnd = found.Count < limit && maxBytes > 0 && seen < JournalReader.MaxRowsSeen;
            return (found, atEnd ? upTo : after);
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>Where numbers are missing after a place, up to another, in order.</summary>
    public static IReadOnlyList<JournalGap> Gaps(this JournalReader reader, long after, long upTo)
    {
        var gaps = new List<JournalGap>();
        var last = after;
        foreach (var seq in reader.Query("SELECT seq FROM events WHERE seq > ? AND seq <= ? ORDER BY seq", rows => rows.Bind(1, after).Bind(2, upTo), row => row.Number(0)))
        {
            if (seq > last + 1)
            {
                gaps.Add(new JournalGap(last, seq));
            }

            last = seq;
        }

        if (last < upTo)
        {
            gaps.Add(new JournalGap(last, upTo + 1));
        }

        return gaps;
    }

    /// <summary>How many events after a place, up to another, have a subject that matches.</summary>
    public static long CountEvents(this JournalReader reader, long after, long upTo, Func<string, bool> subjectMatches)
    {
        using var connection = reader.Rent();
        var rows = connection.Statement("SELECT subject FROM events WHERE seq > ? AND seq <= ?").Bind(1, after).Bind(2, upTo);
        try
        {
            var count = 0L;
            while (rows.Step())
            {
                count += subjectMatches(rows.Text(0)) ? 1 : 0;
            }

            return count;
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>The event at a place, unless it has been removed.</summary>
    public static Event? Event(this JournalReader reader, long seq)
    {
        using var connection = reader.Rent();
        var row = connection.Statement(Columns + "WHERE seq = ?").Bind(1, seq);
        try
        {
            return row.Step() ? ReadEvent(row, row.Text(1), reader.Salt) : null;
        }
        finally
        {
            row.Reset();
        }
    }

    /// <summary>The id of the event at a place, unless it has been removed.</summary>
    public static string? IdOfEvent(this JournalReader reader, long seq) =>
        reader.Query("SELECT accepted_at FROM events WHERE seq = ?", rows => rows.Bind(1, seq), row => row.Number(0)) is [var at]
            ? JournalId.Of(JournalId.Event, seq, at, reader.Salt)
            : null;

    public static Event ReadEvent(Statement row, string subject, uint salt)
    {
        var seq = row.Number(0);
        var acceptedAt = row.Number(2);
        return new Event
        {
            Subject = subject,
            Type = row.Text(4),
            Source = row.Text(5),
            Key = row.TextOrNull(6),
            Depth = (int)row.Number(7),
            Cause = new Cause(row.NumberOrNull(8), row.NumberOrNull(9), row.NumberOrNull(10)),
            Payload = row.Bytes(11),
            Timestamp = row.Number(3),
            Seq = seq,
            AcceptedAt = acceptedAt,
            Id = JournalId.Of(JournalId.Event, seq, acceptedAt, salt),
        };
    }
}
