using Microsoft.Extensions.Hosting;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Looks after runs that Lua does not give back. A hook stops a script between two instructions, but not inside one call, such as a
/// pathological pattern. Also gives the pool a thread for each run that keeps one for long, so that the others find theirs.
/// </summary>
internal sealed class WedgeWatch(WorkflowEngine engine, DryReplay replays, LongRuns longRuns, LiveOptions<WorkflowsOptions> options) : BackgroundService
{
    /// <summary>In real time, as all that Lua takes.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private int _held;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ThreadPool.GetMinThreads(out var least, out var ports);
        using var timer = new PeriodicTimer(s_look);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var busy = 0;
                foreach (var workflow in engine.Workflows.Concat(replays.UnderWay))
                {
                    if (workflow.InLua is not { } slice || slice.Silence < s_look)
                    {
                        continue;
                    }

                    busy++;

                    // It does not take turns: the others do without its thread.
                    longRuns.Abandon(slice.Run);
                    if (slice.Used > options.Current.HandlerTimeout + WorkflowEngine.Grace)
                    {
                        slice.GiveUp();
                        _held += !replays.GiveUp(workflow) && await engine.ReplaceWedgedAsync(workflow, slice.Run, stoppingToken) ? 1 : 0;
                    }
                }

                ThreadPool.SetMinThreads(least + busy + _held, ports);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}
