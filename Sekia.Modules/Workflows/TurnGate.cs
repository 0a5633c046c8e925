namespace Sekia.Modules.Workflows;

/// <summary>Lets so many threads in at a time, the others in the order in which they came.</summary>
/// <remarks>
/// More threads of low priority than there are cores for them would hold each other up, and the host with them: whichever is put aside inside
/// a callback of C# makes the garbage collector wait until it has a core again.
/// </remarks>
internal sealed class TurnGate(int places)
{
    private readonly Lock _gate = new();
    private readonly Queue<ManualResetEventSlim> _waiting = new();
    private int _free = places;

    /// <summary>Whether a thread waits to be let in.</summary>
    public bool IsAnyoneWaiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count > 0;
            }
        }
    }

    public void Enter()
    {
        using var let = new ManualResetEventSlim(initialState: false, spinCount: 0);
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            _waiting.Enqueue(let);
        }

        let.Wait();
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var next))
            {
                // Inside the lock, for who is let in disposes of it.
                next.Set();
                return;
            }

            _free++;
        }
    }
}
