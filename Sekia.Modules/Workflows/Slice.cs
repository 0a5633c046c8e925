using System.Diagnostics;

namespace Sekia.Modules.Workflows;

/// <summary>A run in Lua's hands, on the thread that makes this.</summary>
internal sealed class Slice(WorkflowRun run)
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly int _thread = Thread.CurrentThread.IsThreadPoolThread ? 0 : OsThread.Id;
    private readonly long _usedBefore = Thread.CurrentThread.IsThreadPoolThread ? 0 : OsThread.CoreTime(OsThread.Id);

    public WorkflowRun Run => run;

    /// <summary>How long ago it began: real time, whatever the clock shows.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_began);

    /// <summary>For how long it has had a core; on a thread of the pool, which gives way to nobody, the same as its age.</summary>
    public TimeSpan Used => _thread == 0 ? Age : TimeSpan.FromSeconds((double)(OsThread.CoreTime(_thread) - _usedBefore) / Stopwatch.Frequency);
}
