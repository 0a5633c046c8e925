namespace Sekia.Modules.Agents;

/// <summary>Tells how long the agent has had a command, and keeps an attempt and a decision about the command apart.</summary>
internal sealed class Attempt
{
    private readonly Lock _gate = new();
    private long _since;
    private TimeSpan _limit;

    /// <summary>There while it waits for its next attempt; completed when a decision about it is settled.</summary>
    private TaskCompletionSource? _pause;
    private int _holds;

    /// <summary>While it was still in hand, a person decided about it: it is to be read from the journal once more.</summary>
    public bool OnceMore { get; set; }

    /// <summary>It waits now. The task ends when someone decided about it.</summary>
    public Task PauseAsync()
    {
        lock (_gate)
        {
            _pause = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _pause.Task;
        }
    }

    /// <summary>Its wait is over. Answers whether the next attempt may begin; if a decision is being written down, when that is settled.</summary>
    public async ValueTask<bool> GoOnAsync()
    {
        Task decided;
        lock (_gate)
        {
            if (_holds == 0 && !_pause!.Task.IsCompleted)
            {
                _pause = null;
                return true;
            }

            decided = _pause!.Task;
        }

        await decided;
        return false;
    }

    /// <summary>Keeps it from going on, if it waits.</summary>
    public bool TryHold()
    {
        lock (_gate)
        {
            if (_pause is not { Task.IsCompleted: false })
            {
                return false;
            }

            _holds++;
            return true;
        }
    }

    /// <summary>The last one who held it lets it go back to the journal.</summary>
    public void Settle()
    {
        lock (_gate)
        {
            if (--_holds == 0)
            {
                OnceMore = true;
                _pause!.TrySetResult();
            }
        }
    }

    public void Begin(TimeProvider clock, TimeSpan limit)
    {
        _limit = limit;
        Interlocked.Exchange(ref _since, Math.Max(1, clock.GetTimestamp()));
    }

    public void End() => Interlocked.Exchange(ref _since, 0);

    public bool IsUnderWay => Interlocked.Read(ref _since) != 0;

    /// <summary>The agent should have given up long ago, and has not.</summary>
    public bool IsOverdue(TimeProvider clock) =>
        Interlocked.Read(ref _since) is var since and not 0 && clock.GetElapsedTime(since) > _limit + TimeSpan.FromSeconds(30);
}
