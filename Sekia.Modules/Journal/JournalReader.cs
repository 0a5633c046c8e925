using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>The questions that can be asked of the journal. Answers show what is committed, and nothing else.</summary>
internal sealed class JournalReader(ReadPool pool, uint salt)
{
    private const string EventColumns =
        "SELECT seq, subject, accepted_at, timestamp, type, source, key, depth, cause_event, cause_run, cause_command, payload FROM events ";

    private const string CommandColumns =
        "SELECT seq, status, accepted_at, attempts, next_attempt_at, started_at, ended_at, dismissed_at, depth, cause_event, cause_run, " +
        "cause_command, agent, name, source, key, reason, payload, result FROM commands ";

    /// <summary>No answer looks at more rows than this, so that a rare match in a large journal does not take for ever.</summary>
    private const int MaxRowsSeen = 100_000;

    /// <summary>Events after a place, up to another, that pass the filter, in order.</summary>
    /// <returns>At most <paramref name="limit"/> events, and up to which place the journal was searched.</returns>
    public (List<Event> Events, long UpTo) Events(long after, long upTo, Func<string, bool> subjectMatches, string? type, int limit, long maxBytes = long.MaxValue)
    {
        using var connection = pool.Rent();
        var rows = connection.Statement(EventColumns + "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?").Bind(1, after).Bind(2, upTo).Bind(3, MaxRowsSeen);
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
                    var evt = ReadEvent(rows, subject);
                    maxBytes -= evt.Payload.Length;
                    found.Add(evt);
                }
            }

            var atEnd = found.Count < limit && maxBytes > 0 && seen < MaxRowsSeen;
            return (found, atEnd ? upTo : after);
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>Where numbers are missing after a place, up to another, in order.</summary>
    public IReadOnlyList<JournalGap> Gaps(long after, long upTo)
    {
        var gaps = new List<JournalGap>();
        var last = after;
        foreach (var seq in Query("SELECT seq FROM events WHERE seq > ? AND seq <= ? ORDER BY seq", rows => rows.Bind(1, after).Bind(2, upTo), row => row.Number(0)))
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

    /// <summary>The newest events first, with a smaller number than <paramref name="before"/>, that pass the filter.</summary>
    /// <returns>At most <paramref name="limit"/> events, and where to go on; <c>null</c> at the end.</returns>
    public (List<Event> Events, long? Next) NewestEvents(long before, Func<string, bool> subjectMatches, string? type, int limit, long maxBytes)
    {
        using var connection = pool.Rent();
        var rows = connection.Statement(EventColumns + "WHERE seq < ? ORDER BY seq DESC LIMIT ?").Bind(1, before).Bind(2, MaxRowsSeen);
        try
        {
            var found = new List<Event>();
            var seen = 0;
            for (; rows.Step(); seen++)
            {
                if (found.Count == limit || maxBytes <= 0)
                {
                    return (found, before);
                }

                before = rows.Number(0);
                var subject = rows.Text(1);
                if (subjectMatches(subject) && (type is null || rows.Text(4) == type))
                {
                    var evt = ReadEvent(rows, subject);
                    maxBytes -= evt.Payload.Length;
                    found.Add(evt);
                }
            }

            return (found, seen == MaxRowsSeen ? before : null);
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>How many events after a place, up to another, have a subject that matches.</summary>
    public long CountEvents(long after, long upTo, Func<string, bool> subjectMatches)
    {
        using var connection = pool.Rent();
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
    public Event? Event(long seq)
    {
        using var connection = pool.Rent();
        var row = connection.Statement(EventColumns + "WHERE seq = ?").Bind(1, seq);
        try
        {
            return row.Step() ? ReadEvent(row, row.Text(1)) : null;
        }
        finally
        {
            row.Reset();
        }
    }

    /// <summary>The pending commands of an agent with a number greater than one and at most another, in order.</summary>
    public List<Command> PendingCommands(string agent, long after, long upTo, int limit)
    {
        using var connection = pool.Rent();
        return ReadCommands(
            connection.Statement(CommandColumns + "WHERE status < 2 AND status = 0 AND agent = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?")
                .Bind(1, agent).Bind(2, after).Bind(3, upTo).Bind(4, limit));
    }

    /// <summary>The number of the last command.</summary>
    public long LastCommand()
    {
        using var connection = pool.Rent();
        return connection.Statement("SELECT max(seq) FROM commands").RunForNumber() ?? 0;
    }

    /// <summary>The newest commands first, with a smaller number than <paramref name="before"/>, that pass the filter.</summary>
    /// <param name="withAgents">Those that count as running although they are written down as pending.</param>
    /// <returns>At most <paramref name="limit"/> commands, and where to go on; <c>null</c> at the end.</returns>
    public (List<Command> Commands, long? Next) Commands(CommandStatus? status, string? agent, long before, int limit, long maxBytes, IReadOnlySet<long>? withAgents = null)
    {
        using var connection = pool.Rent();

        // The conditions of the partial indexes, word for word, so that the rare statuses are found without reading the rest.
        var of = status switch
        {
            CommandStatus.Pending or CommandStatus.Running => "status < 2",
            CommandStatus.Failed or CommandStatus.Uncertain => "status IN (3, 5) AND dismissed_at IS NULL",
            _ => "TRUE",
        };
        var rows = connection.Statement(CommandColumns + $"WHERE {of} AND seq < ? ORDER BY seq DESC LIMIT ?").Bind(1, before).Bind(2, MaxRowsSeen);
        try
        {
            var found = new List<Command>();
            for (var seen = 0; rows.Step(); seen++)
            {
                if (found.Count == limit || maxBytes <= 0)
                {
                    return (found, before);
                }

                before = rows.Number(0);
                var shown = withAgents?.Contains(before) == true ? CommandStatus.Running : (CommandStatus)rows.Number(1);
                if ((status is null || shown == status) && (agent is null || rows.Text(12) == agent))
                {
                    var command = ReadCommand(rows, salt);
                    maxBytes -= command.Payload.Length + (command.Result?.Length ?? 0);
                    found.Add(command);
                }

                if (seen == MaxRowsSeen - 1)
                {
                    return (found, before);
                }
            }

            return (found, null);
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>The command with a number, unless it has been removed.</summary>
    public Command? Command(long seq)
    {
        using var connection = pool.Rent();
        return ReadCommands(connection.Statement(CommandColumns + "WHERE seq = ?").Bind(1, seq)).FirstOrDefault();
    }

    /// <summary>The commands that were asked for under a key that begins so, in order.</summary>
    /// <param name="source">Who asked for them.</param>
    /// <param name="prefix">Of ASCII; the last character is not the greatest.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<Command> CommandsOfKeys(string source, string prefix, int limit)
    {
        var after = prefix[..^1] + (char)(prefix[^1] + 1);
        var numbers = Query(
            "SELECT seq FROM keys WHERE kind = ? AND source = ? AND key >= ? AND key < ? ORDER BY seq LIMIT ?",
            rows => rows.Bind(1, JournalTransaction.CommandKey).Bind(2, source).Bind(3, prefix).Bind(4, after).Bind(5, limit),
            row => row.Number(0));
        return [.. numbers.Select(Command).OfType<Command>()];
    }

    /// <summary>The command with a number as the given connection sees it, an open transaction included.</summary>
    public static Command? CommandIn(Database database, long seq, uint salt)
    {
        using var row = database.Prepare(CommandColumns + "WHERE seq = ?");
        return row.Bind(1, seq).Step() ? ReadCommand(row, salt) : null;
    }

    /// <summary>The commands that are written down as being with their agents, as the given connection sees them.</summary>
    public static List<Command> RunningIn(Database database, uint salt)
    {
        using var rows = database.Prepare(CommandColumns + "WHERE status < 2 AND status = 1");
        var found = new List<Command>();
        while (rows.Step())
        {
            found.Add(ReadCommand(rows, salt));
        }

        return found;
    }

    /// <summary>What a consumer keeps between its runs, as JSON by key.</summary>
    public List<KeyValuePair<string, ReadOnlyMemory<byte>>> State(long consumer) => Query(
        "SELECT key, value FROM state WHERE consumer = ?",
        rows => rows.Bind(1, consumer),
        row => new KeyValuePair<string, ReadOnlyMemory<byte>>(row.Text(0), row.Bytes(1)));

    /// <summary>All rows of an answer.</summary>
    internal List<T> Query<T>(string sql, Func<Statement, Statement> bind, Func<Statement, T> read)
    {
        using var connection = pool.Rent();
        var rows = bind(connection.Statement(sql));
        try
        {
            var found = new List<T>();
            while (rows.Step())
            {
                found.Add(read(rows));
            }

            return found;
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>How far an agent has read its source; <c>null</c> before the first batch.</summary>
    public string? Cursor(string agent)
    {
        using var connection = pool.Rent();
        var row = connection.Statement("SELECT cursor FROM cursors WHERE agent = ?").Bind(1, agent);
        try
        {
            return row.Step() ? row.Text(0) : null;
        }
        finally
        {
            row.Reset();
        }
    }

    private Event ReadEvent(Statement row, string subject)
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

    private List<Command> ReadCommands(Statement rows)
    {
        try
        {
            var found = new List<Command>();
            while (rows.Step())
            {
                found.Add(ReadCommand(rows, salt));
            }

            return found;
        }
        finally
        {
            rows.Reset();
        }
    }

    private static Command ReadCommand(Statement row, uint salt)
    {
        var seq = row.Number(0);
        var acceptedAt = row.Number(2);
        return new Command
        {
            Agent = row.Text(12),
            Name = row.Text(13),
            Source = row.Text(14),
            Key = row.TextOrNull(15),
            Payload = row.Bytes(17),
            Depth = (int)row.Number(8),
            Cause = new Cause(row.NumberOrNull(9), row.NumberOrNull(10), row.NumberOrNull(11)),
            Seq = seq,
            Id = JournalId.Of(JournalId.Command, seq, acceptedAt, salt),
            AcceptedAt = acceptedAt,
            Status = (CommandStatus)row.Number(1),
            Attempts = (int)row.Number(3),
            NextAttemptAt = row.Number(4),
            StartedAt = row.NumberOrNull(5),
            EndedAt = row.NumberOrNull(6),
            DismissedAt = row.NumberOrNull(7),
            Reason = row.TextOrNull(16),
            Result = row.IsNull(18) ? null : (ReadOnlyMemory<byte>?)row.Bytes(18),
        };
    }
}
