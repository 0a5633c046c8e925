using System.Collections.Concurrent;

namespace Sekia.Modules.Journal;

/// <summary>
/// The read connections. Readers see the last committed state and never hold up the writer; a connection is used by one of
/// them at a time and kept for the next.
/// </summary>
internal sealed class ReadPool(string path) : IDisposable
{
    private const int Kept = 4;

    private readonly ConcurrentBag<ReadConnection> _idle = [];
    private volatile bool _disposed;

    /// <summary>Takes a connection; dispose the lease to give it back.</summary>
    public Lease Rent() => new(this, _idle.TryTake(out var connection) ? connection : new ReadConnection(path));

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private void Return(ReadConnection connection)
    {
        if (_disposed || _idle.Count >= Kept)
        {
            connection.Dispose();
        }
        else
        {
            _idle.Add(connection);
            if (_disposed)
            {
                Dispose();
            }
        }
    }

    internal readonly struct Lease(ReadPool pool, ReadConnection connection) : IDisposable
    {
        /// <summary>The statement for this text, prepared the first time. Reset it after use.</summary>
        public Statement Statement(string sql) => connection.Statement(sql);

        public void Dispose() => pool.Return(connection);
    }
}

/// <summary>One read connection with the statements it has seen.</summary>
internal sealed class ReadConnection : IDisposable
{
    private readonly Database _database;
    private readonly Dictionary<string, Statement> _statements = [];

    public ReadConnection(string path)
    {
        _database = Database.OpenForReading(path);
        _database.Execute("PRAGMA cache_size = -4096");
    }

    public Statement Statement(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements[sql] = statement = _database.Prepare(sql);
        }

        return statement;
    }

    public void Dispose() => _database.Dispose();
}
