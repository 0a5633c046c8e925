namespace Sekia.Modules.Journal;

/// <summary>A run as the journal has it.</summary>
internal sealed record RunRecord(
    long Id,
    string Consumer,
    long Event,
    RunOutcome Outcome,
    long StartedAt,
    long DurationMicroseconds,
    string? Version,
    long? FirstCommand,
    long Commands,
    long? FirstEvent,
    long Events,
    string? Reason,
    string? Log,
    long? DismissedAt,
    int Handler,
    string? Traceback);

/// <summary>The runs of one event, in figures.</summary>
/// <param name="Failed">Those that are dead letters.</param>
internal readonly record struct RunSums(long Runs, long Failed, long Commands, long Events);

/// <summary>The questions about runs.</summary>
internal static class RunReader
{
    private const string Columns =
        "SELECT runs.id, consumers.name, event, outcome, started_at, duration_us, version, first_command, commands, first_event, events, " +
        "reason, log, dismissed_at, handler, traceback FROM runs JOIN consumers ON consumers.id = runs.consumer ";

    /// <summary>The partial index is named, so that runs that ended well are not looked at; only numbers are sorted.</summary>
    internal const string DeadRuns =
        Columns + "WHERE runs.id IN (SELECT id FROM runs INDEXED BY runs_dead WHERE outcome = 1 AND dismissed_at IS NULL AND id < ?1 " +
        "AND (?2 IS NULL OR consumer = (SELECT id FROM consumers WHERE name = ?2)) ORDER BY id DESC LIMIT ?3) ORDER BY runs.id DESC";

    /// <summary>Asked for at once, SQLite would look at every run.</summary>
    internal const string Ends = "SELECT (SELECT min(id) FROM runs), (SELECT max(id) FROM runs)";

    /// <summary>A dead letter; <c>null</c> when there is none with that number, or it has been retried or dismissed.</summary>
    public static RunRecord? FailedRun(this JournalReader reader, long id) =>
        reader.Query(Columns + "WHERE runs.id = ? AND outcome = 1 AND dismissed_at IS NULL", rows => rows.Bind(1, id), Read).FirstOrDefault();

    /// <summary>The newest runs first.</summary>
    /// <returns>At most <paramref name="limit"/> runs, and where to go on; <c>null</c> at the end.</returns>
    public static (List<RunRecord> Runs, long? Next) Runs(this JournalReader reader, string? consumer, RunOutcome? outcome, long before, int limit)
    {
        var (oldest, newest) = reader.Query(Ends, rows => rows, row => (row.Number(0), row.Number(1)))[0];
        var top = Math.Min(before, newest + 1);
        var from = Math.Max(oldest, top - JournalReader.MaxRowsSeen);
        var runs = reader.Query(
            Columns + "WHERE runs.id < ?1 AND runs.id >= ?2 AND (?3 IS NULL OR runs.consumer = (SELECT id FROM consumers WHERE name = ?3)) " +
            "AND (?4 IS NULL OR outcome = ?4) ORDER BY runs.id DESC LIMIT ?5",
            rows => rows.Bind(1, top).Bind(2, from).Bind(3, consumer).Bind(4, (long?)outcome).Bind(5, limit),
            Read);
        return (runs, runs.Count == limit ? runs[^1].Id : from > oldest ? from : null);
    }

    /// <summary>The dead letters, the newest first.</summary>
    public static List<RunRecord> FailedRuns(this JournalReader reader, string? consumer, long before, int limit) => reader.Query(
        DeadRuns,
        rows => rows.Bind(1, before).Bind(2, consumer).Bind(3, limit),
        Read);

    /// <summary>What an event set going, in order.</summary>
    public static List<RunRecord> RunsOf(this JournalReader reader, long evt) =>
        reader.Query(Columns + "WHERE event = ? ORDER BY runs.id", rows => rows.Bind(1, evt), Read);

    /// <summary>What became of an event, in figures.</summary>
    public static RunSums SumsOf(this JournalReader reader, long evt)
    {
        using var connection = reader.Rent();
        var row = connection.Statement(
            "SELECT count(*), coalesce(sum(outcome = 1 AND dismissed_at IS NULL), 0), coalesce(sum(commands), 0), coalesce(sum(events), 0) FROM runs WHERE event = ?").Bind(1, evt);
        try
        {
            row.Step();
            return new RunSums(row.Number(0), row.Number(1), row.Number(2), row.Number(3));
        }
        finally
        {
            row.Reset();
        }
    }

    private static RunRecord Read(Statement row) => new(
        row.Number(0),
        row.Text(1),
        row.Number(2),
        (RunOutcome)row.Number(3),
        row.Number(4),
        row.Number(5),
        row.TextOrNull(6),
        row.NumberOrNull(7),
        row.Number(8),
        row.NumberOrNull(9),
        row.Number(10),
        row.TextOrNull(11),
        row.TextOrNull(12),
        row.NumberOrNull(13),
        (int)row.Number(14),
        row.TextOrNull(15));
}
