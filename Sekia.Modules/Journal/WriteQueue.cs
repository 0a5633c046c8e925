namespace Sekia.Modules.Journal;

/// <summary>
/// What waits for the writer. Bounded in number and in bytes: when it is full, whoever brings more waits, and so does whoever
/// sent it to them. First come, first recorded, whether the queue was full or not. The writer takes all there is in one go. When so many
/// wait that it must be a flood, further ones from outside are turned away: they would fill the memory and be answered too late to be of use.
/// </summary>
/// <param name="maxWrites">How many the writer is given at a time.</param>
/// <param name="maxBytes">How many bytes.</param>
/// <param name="maxOutside">How many may wait because of it.</param>
/// <param name="maxOutsideBytes">How many bytes.</param>
internal sealed class WriteQueue(int maxWrites, long maxBytes, int maxOutside = WriteQueue.MaxOutside, long maxOutsideBytes = WriteQueue.MaxOutsideBytes)
{
    private const int MaxOutside = 64 * 1024;
    private const long MaxOutsideBytes = 256L << 20;

    private readonly object _gate = new();
    private readonly LinkedList<Outside> _outside = [];
    private List<Write> _waiting = [];
    private long _bytes;
    private long _outsideBytes;
    private bool _closed;

    /// <summary>Adds a write; completes at once unless the queue is full.</summary>
    /// <exception cref="JournalUnavailableException">The journal is closed, or too many wait already and this one may be refused.</exception>
    public ValueTask AddAsync(Write write, CancellationToken cancellationToken)
    {
        LinkedListNode<Outside> place;
        lock (_gate)
        {
            if (_closed)
            {
                return ValueTask.FromException(Closed());
            }

            if (_outside.Count == 0 && HasRoomFor(write))
            {
                Enter(write);
                return ValueTask.CompletedTask;
            }

            if (write.IsRefusable && _outside.Count > 0 && (_outside.Count >= maxOutside || _outsideBytes + write.Bytes > maxOutsideBytes))
            {
                return ValueTask.FromException(new JournalUnavailableException(
                    $"Nothing is accepted now: the host is busy, and {_outside.Count} others wait for the disk already. Try again in a moment."));
            }

            place = _outside.AddLast(new Outside(write));
            _outsideBytes += write.Bytes;
        }

        return new ValueTask(WaitAsync(place, cancellationToken));
    }

    /// <summary>Takes all that waits, and waits when there is nothing. <c>false</c> when the queue is closed and empty.</summary>
    /// <param name="taken">An empty list, swapped for the one with the writes.</param>
    public bool Take(ref List<Write> taken)
    {
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
            LetIn();
            return true;
        }
    }

    /// <summary>Refuses further writes, and those that wait for room. What is in the queue is still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
            while (_outside.First is { } next)
            {
                Remove(next);
                next.Value.Refuse(Closed());
            }
        }
    }

    private async Task WaitAsync(LinkedListNode<Outside> place, CancellationToken cancellationToken)
    {
        await using var leaving = cancellationToken.UnsafeRegister(_ => Leave(place, cancellationToken), null);
        await place.Value.Entered;
    }

    /// <summary>Whoever brought it has given up, unless it is in already: whichever comes first counts.</summary>
    private void Leave(LinkedListNode<Outside> place, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (place.List is not null)
            {
                Remove(place);
                place.Value.GiveUp(cancellationToken);
            }
        }
    }

    private void LetIn()
    {
        while (_outside.First is { } next && HasRoomFor(next.Value.Write))
        {
            Remove(next);
            Enter(next.Value.Write);
            next.Value.LetIn();
        }
    }

    private void Remove(LinkedListNode<Outside> place)
    {
        _outside.Remove(place);
        _outsideBytes -= place.Value.Write.Bytes;
    }

    // A write larger than the whole queue may enter when it is alone.
    private bool HasRoomFor(Write write) => _waiting.Count == 0 || (_waiting.Count < maxWrites && _bytes + write.Bytes <= maxBytes);

    private void Enter(Write write)
    {
        _waiting.Add(write);
        _bytes += write.Bytes;
        Monitor.Pulse(_gate);
    }

    private static JournalUnavailableException Closed() => new("The journal is closed: the host is stopping.");

    /// <summary>A write that came when the queue was full.</summary>
    private sealed class Outside(Write write)
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Write Write => write;

        public Task Entered => _entered.Task;

        public void LetIn() => _entered.SetResult();

        public void Refuse(Exception reason) => _entered.SetException(reason);

        public void GiveUp(CancellationToken cancellationToken) => _entered.SetCanceled(cancellationToken);
    }
}
