namespace Sekia.Modules.Journal;

/// <summary>
/// What of an endless, numbered sequence in the journal waits for one reader. As long as the reader keeps up, entries come from
/// memory; when it falls behind, memory holds no more of them and it reads on from the journal until it has caught up (J7).
/// Every entry comes exactly once and in order, whichever way it comes.
/// </summary>
/// <param name="read">
/// Reads entries with a number greater than the first argument and at most the second, in order, as many as it likes; also answers
/// up to which number it looked.
/// </param>
internal sealed class JournalWindow<T>(Func<T, long> numberOf, Func<T, long> bytesOf, Func<long, long, (List<T> Entries, long UpTo)> read)
{
    /// <summary>The bounds of what waits in memory.</summary>
    private const int MaxEntries = 2048;
    private const long MaxBytes = 16L << 20;

    private readonly Lock _gate = new();
    private readonly Queue<T> _waiting = new();
    private TaskCompletionSource? _arrival;
    private long _bytes;
    private long _taken;
    private long _newest;
    private bool _behind;

    /// <summary>Begins after <paramref name="position"/>; what lies between it and <paramref name="newest"/> is read from the journal.</summary>
    public void Start(long position, long newest)
    {
        lock (_gate)
        {
            _waiting.Clear();
            _bytes = 0;
            _taken = position;
            _newest = Math.Max(_newest, newest);
            _behind = position < _newest;
            Arrived();
        }
    }

    /// <summary>A new entry, on disk, with a number greater than any before. Never waits.</summary>
    public void Offer(T entry)
    {
        lock (_gate)
        {
            _newest = numberOf(entry);
            if (!_behind)
            {
                var bytes = bytesOf(entry);
                if (_waiting.Count < MaxEntries && _bytes + bytes <= MaxBytes)
                {
                    _waiting.Enqueue(entry);
                    _bytes += bytes;
                }
                else
                {
                    _behind = true;
                }
            }

            Arrived();
        }
    }

    /// <summary>Whether everything offered has been taken.</summary>
    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0 && !_behind;
            }
        }
    }

    /// <summary>The next entries, at least one, in order. One reader at a time.</summary>
    public async ValueTask<List<T>> ReadAsync(int max, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<T> entries;
            Task? arrival;
            lock (_gate)
            {
                entries = TakeWaiting(max);
                arrival = entries.Count == 0 && !_behind
                    ? (_arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task
                    : null;
            }

            if (arrival is not null)
            {
                await arrival.WaitAsync(cancellationToken);
                continue;
            }

            if (entries.Count == 0)
            {
                entries = ReadBehind();
            }

            if (entries.Count > 0)
            {
                return entries;
            }
        }
    }

    private List<T> TakeWaiting(int max)
    {
        var entries = new List<T>(Math.Min(max, _waiting.Count));
        while (entries.Count < max && _waiting.TryDequeue(out var entry))
        {
            entries.Add(entry);
            _bytes -= bytesOf(entry);
            _taken = numberOf(entry);
        }

        return entries;
    }

    private List<T> ReadBehind()
    {
        long from, to;
        lock (_gate)
        {
            (from, to) = (_taken, _newest);
        }

        // Outside the lock: reading takes its time, and whoever offers must not wait for it.
        var (entries, upTo) = read(from, to);
        lock (_gate)
        {
            // Started anew meanwhile, from elsewhere: what was read is not what comes next.
            if (_taken != from)
            {
                return [];
            }

            _taken = Math.Max(_taken, upTo);

            // Nothing was offered beyond what has been read: from here on, memory will do.
            _behind = _taken < _newest;
            return entries;
        }
    }

    private void Arrived()
    {
        _arrival?.TrySetResult();
        _arrival = null;
    }
}
