using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>The questions about commands.</summary>
internal static class CommandReader
{
    private const string Columns =
        "SELECT seq, status, accepted_at, attempts, next_attempt_at, started_at, ended_at, dismissed_at, depth, cause_event, cause_run, " +
        "cause_command, agent, name, source, key, reason, payload, result FROM commands ";

    /// <summary>The pending commands of an agent with a number greater than one and at most another, in order.</summary>
    public static List<Command> PendingCommands(this JournalReader reader, string agent, long after, long upTo, int limit)
    {
        using var connection = reader.Rent();
        return ReadCommands(
            connection.Statement(Columns + "WHERE status < 2 AND status = 0 AND agent = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?")
                .Bind(1, agent).Bind(2, after).Bind(3, upTo).Bind(4, limit), reader.Salt);
    }

    /// <summary>How many commands have not ended, by agent.</summary>
    public static Dictionary<string, long> CountPending(this JournalReader reader) =>
        reader.Query("SELECT agent, count(*) FROM commands WHERE status < 2 GROUP BY agent", rows => rows, row => (row.Text(0), row.Number(1)))
            .ToDictionary(sum => sum.Item1, sum => sum.Item2, StringComparer.Ordinal);

    /// <summary>The number of the last command.</summary>
    public static long LastCommand(this JournalReader reader)
    {
        using var connection = reader.Rent();
        return connection.Statement("SELECT max(seq) FROM commands").RunForNumber() ?? 0;
    }

    /// <summary>The newest commands first, with a smaller number than <paramref name="before"/>, that pass the filter.</summary>
    /// <param name="withAgents">Those that count as running although they are written down as pending.</param>
    /// <returns>At most so many commands as the filter says, and where to go on; <c>null</c> at the end.</returns>
    public static (List<Command> Commands, long? Next) Commands(this JournalReader reader, CommandFilter filter, long before, int limit, long maxBytes, IReadOnlySet<long>? withAgents = null)
    {
        using var connection = reader.Rent();

        var after = filter.Since is { } since ? reader.FirstCommandAt(since) - 1 : -1;
        before = filter.Until is { } until ? Math.Min(before, reader.FirstCommandAt(until)) : before;
        var rows = connection.Statement(Listing(filter.Status)).Bind(1, before).Bind(2, after).Bind(3, filter.MaxRowsSeen);
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
                if ((filter.Status is null || shown == filter.Status) && (filter.Agent is null || rows.Text(12) == filter.Agent) && (filter.Name is null || rows.Text(13) == filter.Name))
                {
                    var command = ReadCommand(rows, reader.Salt);
                    maxBytes -= command.Payload.Length + (command.Result?.Length ?? 0);
                    found.Add(command);
                }

                if (seen == filter.MaxRowsSeen - 1)
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

    /// <summary>The newest commands among which those of a status are: with a smaller number than one, and a greater than another, and at most so many.</summary>
    internal static string Listing(CommandStatus? status)
    {
        // The partial indexes are named, with their conditions word for word, so that the rare statuses are found without reading the
        // rest. Within them commands stand in another order: only their numbers are sorted, not what they carry.
        static string In(string index, string condition) =>
            $"WHERE seq IN (SELECT seq FROM commands INDEXED BY {index} WHERE {condition} AND seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?) ORDER BY seq DESC";
        return Columns + status switch
        {
            CommandStatus.Pending or CommandStatus.Running => In("commands_open", "status < 2"),
            CommandStatus.Failed or CommandStatus.Uncertain => In("commands_dead", "status IN (3, 5) AND dismissed_at IS NULL"),
            _ => "WHERE seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?",
        };
    }

    /// <summary>The number of the first command that was accepted at a time or later; one more than the last when there is none.</summary>
    /// <param name="at">Unix milliseconds.</param>
    public static long FirstCommandAt(this JournalReader reader, long at)
    {
        // Commands are numbered in the order of their acceptance: halve until found, for no index is kept for it.
        var (low, high) = (0L, reader.LastCommand() + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var next = reader.Query("SELECT seq, accepted_at FROM commands WHERE seq >= ? ORDER BY seq LIMIT 1", rows => rows.Bind(1, middle), row => (Seq: row.Number(0), At: row.Number(1)));
            if (next is [var (seq, accepted)] && accepted < at)
            {
                low = seq + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>The command with a number, unless it has been removed.</summary>
    public static Command? Command(this JournalReader reader, long seq)
    {
        using var connection = reader.Rent();
        return ReadCommands(connection.Statement(Columns + "WHERE seq = ?").Bind(1, seq), reader.Salt).FirstOrDefault();
    }

    /// <summary>The commands that were asked for under a key that begins so, in order.</summary>
    /// <param name="source">Who asked for them.</param>
    /// <param name="prefix">Of ASCII; the last character is not the greatest.</param>
    /// <param name="limit">At most so many.</param>
    public static IReadOnlyList<Command> CommandsOfKeys(this JournalReader reader, string source, string prefix, int limit)
    {
        var after = prefix[..^1] + (char)(prefix[^1] + 1);
        var numbers = reader.Query(
            "SELECT seq FROM keys WHERE kind = ? AND source = ? AND key >= ? AND key < ? ORDER BY seq LIMIT ?",
            rows => rows.Bind(1, JournalTransaction.CommandKey).Bind(2, source).Bind(3, prefix).Bind(4, after).Bind(5, limit),
            row => row.Number(0));
        return [.. numbers.Select(reader.Command).OfType<Command>()];
    }

    /// <summary>The command with a number as the given connection sees it, an open transaction included.</summary>
    public static Command? CommandIn(Database database, long seq, uint salt)
    {
        using var row = database.Prepare(Columns + "WHERE seq = ?");
        return row.Bind(1, seq).Step() ? ReadCommand(row, salt) : null;
    }

    /// <summary>The commands that are written down as being with their agents, as the given connection sees them.</summary>
    public static List<Command> RunningIn(Database database, uint salt)
    {
        using var rows = database.Prepare(Columns + "WHERE status < 2 AND status = 1");
        var found = new List<Command>();
        while (rows.Step())
        {
            found.Add(ReadCommand(rows, salt));
        }

        return found;
    }

    private static List<Command> ReadCommands(Statement rows, uint salt)
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

/// <summary>Which commands a listing is of; <c>null</c> is any.</summary>
/// <param name="Name">The command's, such as <c>add_label</c>.</param>
/// <param name="Since">Accepted then or later, in Unix milliseconds.</param>
/// <param name="Until">Accepted before.</param>
public sealed record CommandFilter(CommandStatus? Status = null, string? Agent = null, string? Name = null, long? Since = null, long? Until = null)
{
    /// <summary>No answer looks at more rows than this.</summary>
    public int MaxRowsSeen { get; init; } = JournalReader.MaxRowsSeen;
}
