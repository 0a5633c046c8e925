using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>A dead letter in short: a failed run, or a command that failed or of which nobody knows.</summary>
/// <param name="Number">Of the run or the command.</param>
/// <param name="Owner">The consumer, or the agent.</param>
/// <param name="Command">The command's name; <c>null</c> for a run.</param>
/// <param name="Status">Where the command stands; a run is <see cref="CommandStatus.Failed"/>.</param>
/// <param name="Reason">Why it failed.</param>
/// <param name="At">When it was run, or accepted, in Unix milliseconds.</param>
/// <param name="Event">The number of the event it came from, when one is known.</param>
internal sealed record DeadLetter(long Number, string Owner, string? Command, CommandStatus Status, string? Reason, long At, long? Event);

/// <summary>The questions about what waits for somebody's decision. The partial indexes are named: whatever has ended well is not looked at.</summary>
internal static class DeadLetterReader
{
    /// <summary>How many dead letters there are, counted no further than a bound: failed runs, failed commands, uncertain commands.</summary>
    public static (long Runs, long Failed, long Uncertain) CountDead(this JournalReader reader, int most)
    {
        long Count(string from) => reader.Query($"SELECT count(*) FROM (SELECT 1 FROM {from} LIMIT ?)", rows => rows.Bind(1, most), row => row.Number(0))[0];
        return (
            Count("runs INDEXED BY runs_dead WHERE outcome = 1 AND dismissed_at IS NULL"),
            Count("commands INDEXED BY commands_dead WHERE status IN (3, 5) AND dismissed_at IS NULL AND status = 3"),
            Count("commands INDEXED BY commands_dead WHERE status IN (3, 5) AND dismissed_at IS NULL AND status = 5"));
    }

    /// <summary>How many commands wait for each agent that nobody knows, counted no further than a bound in all.</summary>
    /// <param name="isKnown">Whether there is an agent of this name.</param>
    public static List<(string Agent, long Count)> CountForNobody(this JournalReader reader, Func<string, bool> isKnown, int most)
    {
        // From name to name: what waits for those that are known, which may be much, is not looked at.
        string? Next(string after) => reader.Query(
            "SELECT agent FROM commands INDEXED BY commands_open WHERE status < 2 AND agent > ? ORDER BY agent LIMIT 1", rows => rows.Bind(1, after), row => row.Text(0)).FirstOrDefault();
        var found = new List<(string Agent, long Count)>();
        for (var name = Next(""); name is not null && most > 0; name = Next(name))
        {
            if (!isKnown(name))
            {
                var count = reader.Query(
                    "SELECT count(*) FROM (SELECT 1 FROM commands INDEXED BY commands_open WHERE status < 2 AND agent = ? LIMIT ?)", rows => rows.Bind(1, name).Bind(2, most), row => row.Number(0))[0];
                found.Add((name, count));
                most -= (int)count;
            }
        }

        return found;
    }

    /// <summary>The newest failed runs that wait for a decision, the newest first.</summary>
    /// <param name="limit">At most so many.</param>
    public static List<DeadLetter> NewestDeadRuns(this JournalReader reader, int limit)
    {
        // Within the index they stand by consumer: the newest of each, and of those the newest.
        var newest = reader.Query("SELECT id FROM consumers", rows => rows, row => row.Number(0))
            .SelectMany(consumer => reader.Query(
                "SELECT id FROM runs INDEXED BY runs_dead WHERE outcome = 1 AND dismissed_at IS NULL AND consumer = ? ORDER BY id DESC LIMIT ?",
                rows => rows.Bind(1, consumer).Bind(2, limit),
                row => row.Number(0)))
            .OrderDescending().Take(limit);
        using var connection = reader.Rent();
        return [.. newest.SelectMany(id => Read(
            connection.Statement("SELECT name, reason, started_at, event FROM runs JOIN consumers ON consumers.id = runs.consumer WHERE runs.id = ?").Bind(1, id),
            row => new DeadLetter(id, row.Text(0), null, CommandStatus.Failed, row.TextOrNull(1), row.Number(2), row.Number(3))))];
    }

    /// <summary>The newest commands that wait for a decision, the newest first.</summary>
    /// <param name="limit">At most so many of those that failed, and as many of those that are uncertain.</param>
    public static List<DeadLetter> NewestDeadCommands(this JournalReader reader, int limit) =>
        [.. new[] { CommandStatus.Failed, CommandStatus.Uncertain }.SelectMany(status => reader.Query(
            "SELECT seq, agent, name, status, reason, accepted_at, cause_event FROM commands INDEXED BY commands_dead " +
            "WHERE status IN (3, 5) AND dismissed_at IS NULL AND status = ? ORDER BY seq DESC LIMIT ?",
            rows => rows.Bind(1, (long)status).Bind(2, limit),
            row => new DeadLetter(row.Number(0), row.Text(1), row.Text(2), (CommandStatus)row.Number(3), row.TextOrNull(4), row.Number(5), row.NumberOrNull(6))))];

    private static List<T> Read<T>(Statement rows, Func<Statement, T> read)
    {
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
}
