using System.Diagnostics;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Cli.Bench;

/// <summary>
/// The same rows without Sekia: one loop on one connection that inserts and commits, as durably. What the machine allows, so that
/// the other figures can be read as ratios.
/// </summary>
internal static class BareSqlite
{
    private const int RowsACommit = 256;

    /// <returns>Events a second that the bare loop writes with all the rows of an event's whole way.</returns>
    public static double Measure(string directory, BenchFigures figures)
    {
        figures.Explain(InsertsPerSecond(Path.Combine(directory, "bare-1.db"), 1, 500), "rows/s", "SQLite alone, 1 row a commit");
        figures.Add("sqlite_insert_per_s", InsertsPerSecond(Path.Combine(directory, "bare-256.db"), RowsACommit, 300_000), "rows/s", $"SQLite alone, {RowsACommit} rows a commit");
        var ways = WaysPerSecond(Path.Combine(directory, "bare-way.db"), 60_000);
        figures.Explain(ways, "events/s", "SQLite alone, all rows of an event's way");
        return ways;
    }

    private static double InsertsPerSecond(string path, int rowsACommit, int rows) => PerSecond(path, rowsACommit, rows, transaction => transaction.Insert(NewEvent()));

    /// <summary>Event, run and command inserted, consumer advanced, the command's result written.</summary>
    private static double WaysPerSecond(string path, int ways) => PerSecond(path, RowsACommit / 4, ways, transaction =>
    {
        var evt = NewEvent();
        transaction.Insert(evt);
        var command = new Command { Agent = "bench-agent", Name = "add_label", Source = "workflow:bench", Payload = BenchPayload.AddLabel };
        transaction.Insert(new Run { Event = evt, Commands = [command] }, 1);
        new CommandState(CommandStatus.Succeeded) { Attempts = 1, StartedAt = 1, EndedAt = 1, Result = JsonText.Null }.WriteTo(command);
        transaction.Update(command, CommandStatus.Pending);
    });

    private static double PerSecond(string path, int unitsACommit, int units, Action<JournalTransaction> unit)
    {
        var database = Database.OpenForWriting(path);
        database.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000");
        Schema.Migrate(database);
        using var transaction = new JournalTransaction(database, TimeProvider.System);
        var tallies = transaction.ReadTallies();
        var watch = Stopwatch.StartNew();
        for (var done = 0; done < units;)
        {
            transaction.Begin();
            for (var i = 0; i < unitsACommit && done < units; i++, done++)
            {
                unit(transaction);
            }

            tallies = transaction.Commit(tallies);
        }

        return units / watch.Elapsed.TotalSeconds;
    }

    private static Event NewEvent() =>
        new() { Subject = "sekia.events.bench", Type = "github.issue.opened", Source = "bench", Payload = BenchPayload.Issue };
}
