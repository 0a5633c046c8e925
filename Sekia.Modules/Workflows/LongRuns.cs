using System.Collections.Concurrent;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Where runs go that take long: they take turns on threads of low priority, one fewer at a time than there are cores. A run that can stop in
/// between gives its thread back for the others; one that cannot keeps it, and waits on it for its next turn.
/// </summary>
internal sealed class LongRuns : IDisposable
{
    /// <summary>How long a run may take before it is sent here, and how long its turns are from then on.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

    /// <summary>Not bounded, for a workflow has one run at a time.</summary>
    private readonly BlockingCollection<Work> _waiting = [];

    /// <summary>What has had its turn, with how to say so.</summary>
    private readonly BlockingCollection<Action> _taken = [];
    private readonly TurnGate _turns = new(Places);
    private readonly Lock _gate = new();
    private readonly List<Work> _underWay = [];
    private int _threads;
    private int _kept;
    private bool _isAnnouncing;

    /// <summary>
    /// Whether a run has to wait for its turn. If not, the one that has the thread had better keep it: to the system's scheduler a thread
    /// that slept has a claim to its core again, and those who share it would wait for as long as its slice is.
    /// </summary>
    public bool IsAnyoneWaiting => _waiting.Count > 0 || _turns.IsAnyoneWaiting;

    /// <summary>How many threads there are, but for those that were abandoned.</summary>
    internal int Threads
    {
        get
        {
            lock (_gate)
            {
                return _threads;
            }
        }
    }

    private static int Places => Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Gives a run its turn, when the others before it have had theirs.</summary>
    public Task<T> TakeTurnAsync<T>(WorkflowRun run, Func<T> turn)
    {
        var taken = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var work = new Work(run, () =>
        {
            try
            {
                var result = turn();
                Say(() => taken.SetResult(result));
            }
            catch (Exception fault)
            {
                Say(() => taken.SetException(fault));
            }
        });
        lock (_gate)
        {
            if (_threads - _kept < Places)
            {
                StartThread();
            }

            if (!_isAnnouncing)
            {
                _isAnnouncing = true;
                new Thread(Announce) { IsBackground = true, Name = "Sekia turns taken" }.Start();
            }

            // In here, so that whoever is abandoned now knows that there is work for another thread.
            _waiting.Add(work);
        }

        return taken.Task;
    }

    /// <summary>For a run whose turn is over and which cannot let go of its thread: waits on it until it has the next.</summary>
    /// <param name="run">Which has this thread.</param>
    public void WaitForTurn(WorkflowRun run)
    {
        lock (_gate)
        {
            var work = _underWay.Find(work => work.Run == run);
            if (work is null || (!work.IsAbandoned && !IsAnyoneWaiting))
            {
                return;
            }

            if (!work.IsAbandoned)
            {
                _turns.Leave();
            }
            else
            {
                work.IsAbandoned = false;
                _threads++;
            }

            _kept++;
            if (_waiting.Count > 0 && _threads - _kept < Places)
            {
                StartThread();
            }
        }

        _turns.Enter();
        lock (_gate)
        {
            _kept--;
        }
    }

    /// <summary>If a thread here has this run, it gives no sign: another takes its place.</summary>
    public void Abandon(WorkflowRun run)
    {
        lock (_gate)
        {
            if (_underWay.Find(work => work.Run == run) is { IsAbandoned: false } held)
            {
                held.IsAbandoned = true;
                _turns.Leave();
                if (_waiting.Count > 0)
                {
                    StartThread();
                }

                _threads--;
            }
        }
    }

    public void Dispose()
    {
        _waiting.CompleteAdding();
        _taken.CompleteAdding();
    }

    private void Say(Action ended)
    {
        try
        {
            _taken.Add(ended);
        }
        catch (InvalidOperationException)
        {
            // The host is gone, and a run that was held comes back.
            ended();
        }
    }

    /// <summary>
    /// Says who has had a turn, in place of the thread that gave it: to say so may start a thread of the pool, and that would inherit the low
    /// priority and the missing core.
    /// </summary>
    private void Announce()
    {
        foreach (var say in _taken.GetConsumingEnumerable())
        {
            say();
        }
    }

    /// <remarks>Where there is one already, a system that has no more does no harm: inside Lua nothing may be thrown, and the next turn asks again.</remarks>
    private void StartThread()
    {
        try
        {
            new Thread(TakeTurns) { IsBackground = true, Name = "Sekia long runs" }.Start();
            _threads++;
        }
        catch (Exception none) when (none is OutOfMemoryException or ThreadStartException && _threads > 0)
        {
        }
    }

    private void TakeTurns()
    {
        OsThread.Lower(OsThread.Id, OsThread.Low);
        OsThread.LeaveACore(OsThread.Id);
        foreach (var work in _waiting.GetConsumingEnumerable())
        {
            _turns.Enter();
            lock (_gate)
            {
                _underWay.Add(work);
            }

            work.Turn();
            lock (_gate)
            {
                _underWay.Remove(work);
                if (work.IsAbandoned)
                {
                    return;
                }

                _turns.Leave();
                if (_threads - _kept > Places)
                {
                    // The thread that took the place of one that gives signs again: there is one too many.
                    _threads--;
                    return;
                }
            }
        }
    }

    private sealed class Work(WorkflowRun run, Action turn)
    {
        public WorkflowRun Run => run;

        public Action Turn => turn;

        public bool IsAbandoned { get; set; }
    }
}
