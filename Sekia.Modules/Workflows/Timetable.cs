using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Fires the schedules of all workflows. A firing is an event in the journal, recorded together with the place of the schedule, and its key
/// is the time it was due: so it is remembered over restarts, and never doubled. What falls due while
/// the host is down, or the workflow switched off, is skipped, or fires once when it is up again, as the schedule says.
/// </summary>
internal sealed partial class Timetable(WorkflowEngine engine, EventJournal journal, TimeProvider clock, ILogger<Timetable> logger) : BackgroundService
{
    /// <summary>After a failure to record a firing.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    /// <summary>How often it looks at least, in real time: a timer does not notice that the clock is set.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (Schedule Schedule, DateTimeOffset Due)> _due = new(StringComparer.Ordinal);

    /// <summary>How many schedules it has set a time for.</summary>
    internal int Known => _due.Count;

    /// <summary>When a schedule fires next; <c>null</c> while its workflow is switched off, or before it was looked at for the first time.</summary>
    internal DateTimeOffset? NextDue(string workflow, Schedule schedule) =>
        _due.TryGetValue(PlaceOf(workflow, schedule), out var known) && known.Schedule == schedule ? known.Due : null;

    private static string PlaceOf(string workflow, Schedule schedule) =>
        $"{Workflow.SourceOf(workflow)}/schedule/{schedule.Identity}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Taken before looking: a version that takes over meanwhile is looked at anew.
            var nextVersion = engine.NextVersion;
            var wait = await FireOrExplainAsync(stoppingToken) is { } due ? due - clock.GetUtcNow() : Timeout.InfiniteTimeSpan;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(nextVersion, Task.Delay(Bounded(wait), clock, either.Token), Task.Delay(s_look, either.Token));
            await either.CancelAsync();
        }
    }

    /// <summary>What a timer can wait for; a due time in the past means now.</summary>
    private static TimeSpan Bounded(TimeSpan wait) =>
        wait == Timeout.InfiniteTimeSpan ? wait : TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, TimeSpan.TicksPerDay));

    private async Task<DateTimeOffset?> FireOrExplainAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await FireAsync(cancellationToken);
        }
        catch (JournalUnavailableException fault)
        {
            LogNotFired(fault.Message);
            return clock.GetUtcNow() + s_again;
        }
    }

    /// <summary>Fires what is due, and answers when the next will be; <c>null</c> when there is none.</summary>
    private async Task<DateTimeOffset?> FireAsync(CancellationToken cancellationToken)
    {
        var workflows = engine.Workflows.Where(workflow => workflow.DisabledAt is null).Select(workflow => (Workflow: workflow, workflow.Current)).ToArray();
        var schedules = workflows.SelectMany(one => one.Current?.Script.Schedules.Select(schedule => (one.Workflow, schedule)) ?? []).ToArray();

        // One that was switched off or deleted is looked at anew when it is back. One that takes the place of another has no version for a moment,
        // and does not say what its schedules are.
        if (Array.TrueForAll(workflows, one => one.Current is not null))
        {
            Forget(_due.Keys.Except(schedules.Select(one => PlaceOf(one.Workflow.Name, one.schedule))));
        }

        DateTimeOffset? next = null;
        foreach (var (workflow, schedule) in schedules)
        {
            if (workflow.DisabledAt is not null)
            {
                // Since this look began.
                continue;
            }

            var place = PlaceOf(workflow.Name, schedule);
            var now = clock.GetUtcNow();
            var due = await DueOfAsync(place, schedule, now, cancellationToken);
            if (due <= now)
            {
                due = await FireAsync(workflow.Name, schedule, place, due, cancellationToken);
            }

            next = next < due ? next : due;
        }

        return next;
    }

    private void Forget(IEnumerable<string> places)
    {
        foreach (var place in places)
        {
            _due.TryRemove(place, out _);
        }
    }

    /// <returns>When it is due next.</returns>
    private async Task<DateTimeOffset> FireAsync(string workflow, Schedule schedule, string place, DateTimeOffset due, CancellationToken cancellationToken)
    {
        // One that catches up has done so for all it has missed; a steady one stays where it began.
        var now = clock.GetUtcNow();
        await journal.AppendAsync([WorkflowEvents.Fired(workflow, schedule, due)], Place(place, schedule.CatchesUp ? now : due), cancellationToken);
        var next = schedule.After(due, now);
        _due[place] = (schedule, next);
        return next;
    }

    private static SourceCursor Place(string place, DateTimeOffset at) => new(place, at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// When a schedule is due next: after its last firing, or after it was first seen. The journal remembers both, or one that is rarer than
    /// restarts and edits would never fire. What they say of a time to come was remembered by a clock that was ahead, and counts as now.
    /// </summary>
    private async ValueTask<DateTimeOffset> DueOfAsync(string place, Schedule schedule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // An edit brings another schedule object, which may catch up or not; and the clock may have been set back. What is due already and could not be
        // recorded yet was not missed: it is still to be fired, whatever is edited meanwhile.
        if (_due.TryGetValue(place, out var known) && (known.Due <= now || (known.Schedule == schedule && known.Due <= schedule.Next(now))))
        {
            _due[place] = (schedule, known.Due);
            return known.Due;
        }

        var last = now;
        if (long.TryParse(journal.Reader.Cursor(place), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds <= now.ToUnixTimeMilliseconds())
        {
            last = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        }
        else
        {
            await journal.AppendAsync([], Place(place, now), cancellationToken);
        }

        var due = schedule.CatchesUp ? schedule.Next(last) : schedule.After(last, now);
        _due[place] = (schedule, due);
        return due;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Schedules that are due cannot be recorded yet: {Reason}")]
    private partial void LogNotFired(string reason);
}
