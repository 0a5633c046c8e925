namespace Sekia.Modules.Journal;

/// <summary>
/// What waits for the writer. Bounded in number and in bytes: when it is full, whoever brings more waits, and so does whoever
/// sent it to them. The writer takes all there is in one go.
/// </summary>
internal sealed class WriteQueue(int maxWrites, long maxBytes)
{
    private readonly object _gate = new();
    private List<Write> _waiting = [];
    private long _bytes;
    private bool _closed;
    private TaskCompletionSource? _room;

    /// <summary>Adds a write; completes at once unless the queue is full.</summary>
    /// <exception cref="JournalUnavailableException">The journal is closed.</exception>
    public async ValueTask AddAsync(Write write, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_closed)
                {
                    throw new JournalUnavailableException("The journal is closed: the host is stopping.");
                }

                // A write larger than the whole queue may enter when it is alone.
                if (_waiting.Count == 0 || (_waiting.Count < maxWrites && _bytes + write.Bytes <= maxBytes))
                {
                    _waiting.Add(write);
                    _bytes += write.Bytes;
                    Monitor.Pulse(_gate);
                    return;
                }

                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
            }

            await room.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes all that waits, and waits when there is nothing. <c>false</c> when the queue is closed and empty.</summary>
    /// <param name="taken">An empty list, swapped for the one with the writes.</param>
    public bool Take(ref List<Write> taken)
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            (taken, _waiting) = (_waiting, taken);
            _bytes = 0;
            (room, _room) = (_room, null);
        }

        room?.SetResult();
        return true;
    }

    /// <summary>Refuses further writes. What waits is still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
            _room?.TrySetResult();
        }
    }
}
