namespace Sekia.Modules.Journal;

/// <summary>
/// What of an endless, numbered sequence in the journal waits for one reader. As long as the reader keeps up, entries come from
/// memory; when it falls behind, memory takes no more of them and it reads on from the journal until it has caught up (J7).
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

    /// <summary>Everything up to here has come into memory, and what is no longer there has been taken.</summary>
    private long _reached;
    private long _newest;
    private bool _behind;
    private int _starts;

    /// <summary>Begins after <paramref name="position"/>; what lies between it and <paramref name="newest"/> is read from the journal.</summary>
    public void Start(long position, long newest)
    {
        lock (_gate)
        {
            _starts++;
            _waiting.Clear();
            _bytes = 0;
            _reached = position;
            _newest = Math.Max(_newest, newest);
            _behind = position < _newest;
            Arrived();
        }
    }

    /// <summary>Begins anew after <paramref name="position"/>, or before that with the first that has not been taken yet.</summary>
    public void GoBack(long position, long newest)
    {
        lock (_gate)
        {
            var taken = _waiting.TryPeek(out var first) ? numberOf(first) - 1 : _reached;
            Start(Math.Min(position, taken), newest);
        }
    }

    /// <summary>A new entry, on disk, with a number greater than any before. Never waits.</summary>
    public void Offer(T entry)
    {
        lock (_gate)
        {
            var number = numberOf(entry);
            _newest = Math.Max(_newest, number);

            // It was in the journal a moment ago already, and may have been found there.
            if (!_behind && number > _reached)
            {
                var bytes = bytesOf(entry);
                if (_waiting.Count < MaxEntries && _bytes + bytes <= MaxBytes)
                {
                    _waiting.Enqueue(entry);
                    _bytes += bytes;
                    _reached = number;
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

    /// <summary>The next entries, at least one and at most <paramref name="max"/>, in order. One reader at a time.</summary>
    public async ValueTask<List<T>> ReadAsync(int max, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task? arrival;
            lock (_gate)
            {
                if (_waiting.Count > 0)
                {
                    return TakeWaiting(max);
                }

                arrival = _behind
                    ? null
                    : (_arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            if (arrival is null)
            {
                ReadBehind();
            }
            else
            {
                await arrival.WaitAsync(cancellationToken);
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
        }

        return entries;
    }

    private void ReadBehind()
    {
        long from, to;
        int start;
        lock (_gate)
        {
            (from, to, start) = (_reached, _newest, _starts);
        }

        // Outside the lock: reading takes its time, and whoever offers must not wait for it.
        var (entries, upTo) = read(from, to);
        lock (_gate)
        {
            // Started anew meanwhile: what was read is not what comes next.
            if (_starts != start)
            {
                return;
            }

            foreach (var entry in entries)
            {
                _waiting.Enqueue(entry);
                _bytes += bytesOf(entry);
            }

            _reached = Math.Max(_reached, upTo);

            // Nothing was offered beyond what has been read: from here on, memory will do.
            _behind = _reached < _newest;
        }
    }

    private void Arrived()
    {
        _arrival?.TrySetResult();
        _arrival = null;
    }
}
