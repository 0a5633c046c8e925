namespace Sekia.Modules.Journal;

/// <summary>
/// Asks the journal. Answers show what is committed, and nothing else. The questions stand with what they are about: <see cref="EventReader"/>,
/// <see cref="CommandReader"/>, <see cref="RunReader"/>.
/// </summary>
internal sealed class JournalReader(ReadPool pool, uint salt)
{
    /// <summary>No answer looks at more rows than this, so that a rare match in a large journal does not take for ever.</summary>
    public const int MaxRowsSeen = 100_000;

    /// <summary>What makes the ids of this journal its own.</summary>
    public uint Salt => salt;

    /// <summary>A connection, to be given back.</summary>
    public ReadPool.Lease Rent() => pool.Rent();

    /// <summary>What a consumer keeps between its runs, as JSON by key.</summary>
    public List<KeyValuePair<string, ReadOnlyMemory<byte>>> State(long consumer) => Query(
        "SELECT key, value FROM state WHERE consumer = ?",
        rows => rows.Bind(1, consumer),
        row => new KeyValuePair<string, ReadOnlyMemory<byte>>(row.Text(0), row.Bytes(1)));

    /// <summary>The one number of an answer; zero when there is none.</summary>
    public long Number(string sql, long? parameter = null)
    {
        using var connection = pool.Rent();
        var row = connection.Statement(sql);
        return (parameter is { } value ? row.Bind(1, value) : row).RunForNumber() ?? 0;
    }

    /// <summary>The beginning of what a consumer keeps, by key.</summary>
    /// <param name="limit">No more keys than this.</param>
    /// <param name="bytes">No more of a value than this.</param>
    public List<StateExcerpt> StateExcerpt(long consumer, int limit, int bytes) => Query(
        "SELECT key, substr(value, 1, ?3), length(value) FROM state WHERE consumer = ?1 ORDER BY key LIMIT ?2",
        rows => rows.Bind(1, consumer).Bind(2, limit).Bind(3, bytes),
        row => new StateExcerpt(row.Text(0), row.Bytes(1), row.Number(2)));

    /// <summary>How many keys a consumer keeps.</summary>
    public long CountState(long consumer) => Query("SELECT count(*) FROM state WHERE consumer = ?", rows => rows.Bind(1, consumer), row => row.Number(0))[0];

    /// <summary>All rows of an answer.</summary>
    public List<T> Query<T>(string sql, Func<Statement, Statement> bind, Func<Statement, T> read)
    {
        using var connection = pool.Rent();
        var rows = bind(connection.Statement(sql));
        try
        {
            var found = new List<T>();
            while (rows.Step())
            {
                found.Add(read(rows));
            }

            return found;
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>How far an agent has read its source; <c>null</c> before the first batch.</summary>
    public string? Cursor(string agent)
    {
        using var connection = pool.Rent();
        var row = connection.Statement("SELECT cursor FROM cursors WHERE agent = ?").Bind(1, agent);
        try
        {
            return row.Step() ? row.Text(0) : null;
        }
        finally
        {
            row.Reset();
        }
    }
}

/// <summary>What is kept under a key.</summary>
/// <param name="Value">Its beginning, as JSON.</param>
/// <param name="Bytes">How long all of it is.</param>
internal sealed record StateExcerpt(string Key, ReadOnlyMemory<byte> Value, long Bytes);
