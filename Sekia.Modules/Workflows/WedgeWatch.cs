using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Looks after runs that Lua does not give back. A hook stops a script between two instructions, but not inside one call, such as a
/// pathological pattern. Also gives the pool a thread for each run that keeps one for long, so that the others find theirs.
/// </summary>
internal sealed partial class WedgeWatch(
    WorkflowEngine engine, DryReplay replays, LongRuns longRuns, LiveOptions<WorkflowsOptions> options, ILogger<WedgeWatch> logger) : BackgroundService
{
    /// <summary>How many states of one workflow may be held at a time: each keeps a thread, and what memory it has.</summary>
    public const int MostHeld = 3;

    /// <summary>In real time, as all that Lua takes.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    /// <summary>Those that were given up, until Lua gives them back.</summary>
    private readonly ConcurrentDictionary<Workflow, WorkflowRun> _held = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var kept = new KeptThreads();
        using var timer = new PeriodicTimer(s_look);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                kept.Set(Look(stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <returns>How many threads are kept.</returns>
    private int Look(CancellationToken stopping)
    {
        foreach (var back in _held.Keys.Where(workflow => workflow.InLua is null))
        {
            _held.TryRemove(back, out _);
        }

        var kept = _held.Keys.ToHashSet();
        foreach (var workflow in engine.Workflows.Concat(replays.UnderWay))
        {
            if (workflow.InLua is not { } slice || slice.Silence < s_look)
            {
                continue;
            }

            // It does not take turns: the others do without its thread.
            kept.Add(workflow);
            longRuns.Abandon(slice.Run);
            if (slice.Used > options.Current.HandlerTimeout + WorkflowEngine.Grace && workflow.InLua == slice && _held.TryAdd(workflow, slice.Run))
            {
                slice.GiveUp();
                if (!replays.GiveUp(workflow))
                {
                    // On its own, for loading may take long and the others are looked after meanwhile.
                    _ = ReplaceAsync(workflow, slice.Run, stopping);
                }
            }
        }

        return kept.Count;
    }

    private async Task ReplaceAsync(Workflow wedged, WorkflowRun culprit, CancellationToken stopping)
    {
        try
        {
            if (_held.Keys.Count(held => held.Name == wedged.Name) >= MostHeld)
            {
                wedged.LastError = $"it was switched off, for {MostHeld} of its runs are held in calls inside Lua that cannot be stopped, such as a pattern that takes for ever; correct it, and switch it on again";
                await engine.SwitchAsync(wedged.Name, on: false, stopping);
                LogSwitchedOff(wedged.Name, MostHeld);
            }

            await engine.ReplaceWedgedAsync(wedged, culprit, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception fault)
        {
            LogNotReplaced(fault, wedged.Name);

            // It is tried again.
            _held.TryRemove(wedged, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Workflow {Workflow} is switched off: {Held} of its runs are held in calls inside Lua that cannot be stopped, such as a pattern that takes for ever. Correct it, and switch it on again: sekia workflows enable {Workflow}")]
    private partial void LogSwitchedOff(string workflow, int held);

    [LoggerMessage(Level = LogLevel.Error, Message = "Workflow {Workflow} is held in a call inside Lua and could not be replaced yet")]
    private partial void LogNotReplaced(Exception fault, string workflow);
}
