using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>Fills the traffic after a start with the newest of what the journal has, so that a restart does not look like an empty house.</summary>
internal static class TrafficSeed
{
    private const int MaxRows = 2000;

    public static void Fill(Traffic traffic, JournalReader reader, long now)
    {
        // Whole minutes: the one an hour ago has the place of the one that is now.
        var since = ((now / Traffic.MillisecondsPerMinute) - Traffic.Minutes + 1) * Traffic.MillisecondsPerMinute;
        var runs = reader.Query(
            "SELECT events.source, consumers.name, events.accepted_at, runs.outcome, runs.started_at FROM runs JOIN consumers ON consumers.id = runs.consumer JOIN events ON events.seq = runs.event ORDER BY runs.id DESC LIMIT ?",
            rows => rows.Bind(1, MaxRows),
            row => (Source: row.Text(0), Consumer: row.Text(1), At: row.Number(2), Outcome: (RunOutcome)row.Number(3), StartedAt: row.Number(4)));
        foreach (var run in runs.Where(run => run.At >= since).Reverse())
        {
            traffic.Accepted(run.At);
            traffic.Delivered(run.Source, run.Consumer, run.At);
            if (run.StartedAt >= since)
            {
                traffic.Ran(run.Source, run.Consumer, run.Outcome, run.StartedAt);
            }
        }

        var commands = reader.Query(
            "SELECT source, agent, status, accepted_at, ended_at FROM commands ORDER BY seq DESC LIMIT ?",
            rows => rows.Bind(1, MaxRows),
            row => (Source: row.Text(0), Agent: row.Text(1), Status: (CommandStatus)row.Number(2), AcceptedAt: row.Number(3), EndedAt: row.NumberOrNull(4)));
        foreach (var command in commands.Where(command => command.EndedAt >= since).OrderBy(command => command.EndedAt))
        {
            traffic.Ended(command.Source, command.Agent, command.Status, command.AcceptedAt, command.EndedAt!.Value);
        }
    }
}
