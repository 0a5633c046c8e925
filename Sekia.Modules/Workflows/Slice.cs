using System.Diagnostics;

namespace Sekia.Modules.Workflows;

/// <summary>A run in Lua's hands, on the thread that makes this.</summary>
internal sealed class Slice(WorkflowRun run)
{
    private const long Waiting = long.MaxValue;

    private readonly int _thread = Thread.CurrentThread.IsThreadPoolThread ? 0 : OsThread.Id;
    private readonly long _began = Thread.CurrentThread.IsThreadPoolThread ? Stopwatch.GetTimestamp() : OsThread.CoreTime(OsThread.Id);
    private long _seen = Stopwatch.GetTimestamp();

    public WorkflowRun Run => run;

    /// <summary>For how long Lua has not given a sign: real time, whatever the clock shows. While it waits for its turn, none.</summary>
    public TimeSpan Silence => Volatile.Read(ref _seen) is not Waiting and var seen ? Stopwatch.GetElapsedTime(seen) : TimeSpan.Zero;

    /// <summary>For how long it has had a core; on a thread of the pool, which gives way to nobody, the time since it began.</summary>
    public TimeSpan Used => TimeSpan.FromSeconds((double)((_thread == 0 ? Stopwatch.GetTimestamp() : OsThread.CoreTime(_thread)) - _began) / Stopwatch.Frequency);

    /// <summary>Its turn is over and it waits for the next.</summary>
    public void Wait() => Volatile.Write(ref _seen, Waiting);

    /// <summary>Nobody waits for it any more: the other long runs must not. A thread of the pool goes back there one day, and stays as it is.</summary>
    public void GiveUp() => OsThread.Lower(_thread, OsThread.Lowest);

    /// <summary>It has its turn.</summary>
    public void GoOn() => Volatile.Write(ref _seen, Stopwatch.GetTimestamp());
}
