using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Sekia.Modules.Journal;

/// <summary>
/// Owns the write connection (J2). Takes whatever waits, makes one transaction of it, one fsync, and while that runs the next
/// batch gathers. No timers: alone, a write is committed at once; in a crowd, they share.
/// </summary>
internal sealed partial class JournalWriter(string path, JournalMode mode, TimeProvider clock, ILogger logger)
{
    private const int MaxWrites = 4096;
    private const long MaxBytes = 32L << 20;

    private readonly WriteQueue _queue = new(MaxWrites, MaxBytes);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _unavailableBecause;
    private volatile Tallies _tallies = new(0, new long[6]);
    private JournalTransaction? _transaction;

    /// <summary>The connection that failed, until another has taken its place.</summary>
    private JournalTransaction? _failed;
    private long _lastWork;

    /// <summary>Why nothing can be recorded now; <c>null</c> when it can, as far as is known.</summary>
    public string? UnavailableBecause => _unavailableBecause;

    /// <summary>The sums as of the last commit.</summary>
    public Tallies Tallies => _tallies;

    /// <summary>Beats after each commit, when its writes have been told.</summary>
    public CommitPulse Commits { get; } = new();

    /// <summary>How long ago a write was last brought or recorded.</summary>
    public TimeSpan SinceLastWork => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastWork));

    /// <summary>What makes the ids of this journal its own.</summary>
    public uint Salt { get; private set; }

    /// <summary>Opens the file, brings its tables up to date, and starts to write. Returns the last event's number.</summary>
    public long Start()
    {
        _transaction = Open();
        Salt = _transaction.Salt;

        // A thread of its own: it spends its life waiting for the disk, which is not what the pool's threads are for.
        new Thread(Write) { IsBackground = true, Name = "Sekia journal" }.Start();
        return _transaction.LastEvent;
    }

    /// <summary>Hands over a write and awaits its answer.</summary>
    public async Task<TAnswer> CommitAsync<TAnswer>(Write<TAnswer> write, CancellationToken cancellationToken)
    {
        Worked();
        await _queue.AddAsync(write, cancellationToken);

        // Once it waits for the writer it will be recorded; giving up waiting would only lose the answer.
        return await write.Completion;
    }

    /// <summary>Writes what waits and, as far as anything can be recorded, one thing more, and closes the file.</summary>
    public async Task StopAsync(Write last)
    {
        try
        {
            if (_unavailableBecause is null)
            {
                await _queue.AddAsync(last, CancellationToken.None);
            }
        }
        finally
        {
            _queue.Close();
            await _ended.Task;
        }
    }

    private void Worked() => Volatile.Write(ref _lastWork, Stopwatch.GetTimestamp());

    private JournalTransaction Open()
    {
        var database = Database.OpenForWriting(path);
        try
        {
            database.Execute("PRAGMA journal_mode = WAL");
            database.Execute($"PRAGMA synchronous = {(mode == JournalMode.Durable ? "FULL" : "OFF")}");

            // 16 MiB of pages: rare enough to cost little, small enough that copying them holds up a commit only briefly.
            database.Execute("PRAGMA wal_autocheckpoint = 4000");
            database.Execute("PRAGMA journal_size_limit = 67108864");
            database.Execute("PRAGMA cache_size = -16384");
            database.Execute("PRAGMA temp_store = MEMORY");
            Schema.Migrate(database);
            if (_failed is not null)
            {
                Overwrite(database);
            }

            var transaction = new JournalTransaction(database, clock);
            _tallies = transaction.ReadTallies();
            _failed?.Dispose();
            _failed = null;
            return transaction;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private void Write()
    {
        List<Write> batch = [];
        while (_queue.Take(ref batch))
        {
            WriteBatch(batch);
            batch.Clear();
            Worked();
        }

        if (_failed is not null)
        {
            TryOpen();
        }

        _transaction?.Dispose();
        _failed?.Dispose();
        _ended.SetResult();
    }

    private void WriteBatch(List<Write> batch)
    {
        List<(Write Write, WriteRefusedException Why)>? refused;
        try
        {
            refused = CommitTogether(batch);
        }
        catch (DatabaseException fault) when (!fault.IsRowRefused)
        {
            Undo(fault);
            Unavailable(fault, batch);
            return;
        }
        catch (Exception fault) when (batch.Count > 1)
        {
            // One of them is broken. Each on its own shows which, and the others are none the worse for it.
            LogBatchBroken(fault, batch.Count);
            Undo(fault);
            foreach (var write in batch)
            {
                WriteBatch([write]);
            }

            return;
        }
        catch (Exception fault)
        {
            LogWriteBroken(fault, batch[0].GetType().Name);
            Undo(fault);
            batch[0].Failed(fault);
            return;
        }

        // A transaction without a row has proved nothing, and there is nothing new in it.
        var isProof = _transaction is { HasChanges: true };
        if (isProof)
        {
            // Before anyone is told that it was accepted, who then asks whether all is well.
            Available();
        }

        Complete(batch, refused);
        if (isProof)
        {
            Commits.Beat();
        }
    }

    private List<(Write Write, WriteRefusedException Why)>? CommitTogether(List<Write> batch)
    {
        var transaction = _transaction ??= Open();
        List<(Write, WriteRefusedException)>? refused = null;
        transaction.Begin();
        foreach (var write in batch)
        {
            try
            {
                write.Apply(transaction);
            }
            catch (WriteRefusedException refusal)
            {
                (refused ??= []).Add((write, refusal));
            }
        }

        _tallies = transaction.Commit(_tallies);
        return refused;
    }

    /// <summary>Tells each write what became of it, now that this cannot change any more.</summary>
    private static void Complete(List<Write> batch, List<(Write Write, WriteRefusedException Why)>? refused)
    {
        foreach (var write in batch)
        {
            var refusal = refused?.Find(r => r.Write == write).Why;
            if (refusal is null)
            {
                write.Committed();
            }
            else
            {
                write.Failed(refusal);
            }
        }
    }

    /// <summary>Leaves nothing of a transaction that did not succeed.</summary>
    private void Undo(Exception fault)
    {
        _transaction?.Rollback();
        if (fault is DatabaseException { IsOfTheDisk: true })
        {
            Replace();
        }
    }

    /// <summary>
    /// After a failed write or fsync nobody knows what the system's cache holds. A new connection reads the file itself, and the log's checksums
    /// tell it what is really there.
    /// </summary>
    private void Replace()
    {
        if (_transaction is null)
        {
            return;
        }

        // The log may hold the whole of what was refused, and a process that died now would find it there. Where the log ends is known as long as a
        // connection is open: so this one stays until another has written over what lies behind, at once or before the next write.
        (_failed, _transaction) = (_transaction, null);
        TryOpen();
    }

    private void TryOpen()
    {
        try
        {
            _transaction = Open();
        }
        catch (JournalUnavailableException)
        {
            // The next write tries again, and the end of all writes.
        }
    }

    /// <summary>Puts a transaction that changes nothing at the end of the log, where one may stand that was refused.</summary>
    private static void Overwrite(Database database) => database.Execute($"PRAGMA user_version = {database.QueryNumber("PRAGMA user_version")}");

    private void Unavailable(DatabaseException fault, List<Write> batch)
    {
        var reason = fault.IsFull
            ? $"no room for the journal {path}: free some space on its disk"
            : $"the journal {path} cannot be written: {fault.Message}";
        if (_unavailableBecause is null)
        {
            LogUnavailable(fault, reason);
        }

        _unavailableBecause = reason;
        foreach (var write in batch)
        {
            write.Failed(new JournalUnavailableException($"Nothing is accepted now: {reason}.", fault));
        }
    }

    private void Available()
    {
        if (_unavailableBecause is not null)
        {
            LogAvailable(path);
            _unavailableBecause = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "New events are refused: {Reason}")]
    private partial void LogUnavailable(Exception fault, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal {Path} records again")]
    private partial void LogAvailable(string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "One of {Count} writes broke their transaction; each is tried on its own")]
    private partial void LogBatchBroken(Exception fault, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "A write of kind {Kind} could not be recorded")]
    private partial void LogWriteBroken(Exception fault, string kind);
}
