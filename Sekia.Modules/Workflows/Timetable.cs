using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Fires the schedules of all workflows. A firing is an event in the journal, recorded together with the place of the schedule, and its key
/// is the time it was due: so it is remembered over restarts, and never doubled. What falls due while
/// the host is down is skipped, or fires once when it is up again, as the schedule says.
/// </summary>
internal sealed partial class Timetable(WorkflowEngine engine, EventJournal journal, TimeProvider clock, ILogger<Timetable> logger) : BackgroundService
{
    /// <summary>Schedules are at least a second apart, so looking four times a second is exact enough.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, (Schedule Schedule, DateTimeOffset Due)> _due = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_look, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await FireAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task FireAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var workflow in engine.Workflows)
        {
            foreach (var schedule in workflow.Current?.Api.Schedules ?? [])
            {
                var place = $"{Workflow.SourceOf(workflow.Name)}/schedule/{schedule.Number}";
                var due = DueOf(place, schedule, now);
                if (due <= now)
                {
                    await FireAsync(workflow.Name, schedule, place, due, cancellationToken);
                }
            }
        }
    }

    private async Task FireAsync(string workflow, Schedule schedule, string place, DateTimeOffset due, CancellationToken cancellationToken)
    {
        try
        {
            var cursor = new SourceCursor(place, due.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
            await journal.AppendAsync([WorkflowEvents.Fired(workflow, schedule, due)], cursor, cancellationToken);
            _due[place] = (schedule, schedule.After(due, clock.GetUtcNow()));
        }
        catch (JournalUnavailableException fault)
        {
            LogNotFired(workflow, schedule.Number, fault.Message);
        }
    }

    /// <summary>When a schedule is due next: after its last firing, which the journal remembers, or one interval from now.</summary>
    private DateTimeOffset DueOf(string place, Schedule schedule, DateTimeOffset now)
    {
        // An edit brings another schedule object, whose times need not be those of the old one.
        if (_due.TryGetValue(place, out var known) && known.Schedule == schedule)
        {
            return known.Due;
        }

        var last = long.TryParse(journal.Reader.Cursor(place), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : now;
        var due = schedule.CatchesUp ? schedule.Next(last) : schedule.After(last, now);
        _due[place] = (schedule, due);
        return due;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Schedule {Number} of workflow {Workflow} is due and cannot be recorded yet: {Reason}")]
    private partial void LogNotFired(string workflow, int number, string reason);
}
