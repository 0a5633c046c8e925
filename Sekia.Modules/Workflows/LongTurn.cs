using System.Diagnostics;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>
/// A turn of a run that takes long. While the journal is at work it stands aside, so that events and short runs have the whole machine: a
/// low priority is not enough, for who wakes may have to wait for milliseconds until the core is his.
/// </summary>
internal sealed class LongTurn(Workflow workflow, WorkflowRun run, LongRuns longRuns, EventJournal journal) : ILongTurn
{
    /// <summary>What follows from an event comes that soon after what was recorded last.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(0.5);

    /// <summary>How long it stands aside in one turn at most: beneath a steady stream it has a third of the time.</summary>
    private static readonly TimeSpan s_patience = 2 * LongRuns.Turn;

    /// <summary>As short as a thread can sleep.</summary>
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(1);

    private TimeSpan _stood;

    /// <summary>The next turn begins.</summary>
    public void Begin() => _stood = TimeSpan.Zero;

    public void WaitForNext()
    {
        var slice = workflow.InLua;
        slice?.Wait();
        longRuns.WaitForTurn(run);
        slice?.GoOn();
        Begin();
    }

    public bool StandAside()
    {
        while (journal.SinceLastWork < s_rest)
        {
            if (_stood >= s_patience)
            {
                return true;
            }

            var began = Stopwatch.GetTimestamp();
#pragma warning disable RS0030 // Inside Lua nothing can be awaited.
            Thread.Sleep(s_nap);
#pragma warning restore RS0030
            _stood += Stopwatch.GetElapsedTime(began);
        }

        return false;
    }
}
