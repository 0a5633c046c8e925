using SQLitePCL;

namespace Sekia.Modules.Journal;

/// <summary>One SQLite connection. Used by one thread at a time.</summary>
internal sealed class Database : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly HashSet<Statement> _statements = [];

    private Database(sqlite3 handle) => _handle = handle;

    /// <summary>How many rows the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>How many rows all statements so far have changed.</summary>
    public int TotalChanges => raw.sqlite3_total_changes(_handle);

    /// <summary>Opens the file for writing, and makes it if it is not there.</summary>
    public static Database OpenForWriting(string path) => Open(path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);

    /// <summary>Opens the file for reading. Never writes, and never checkpoints.</summary>
    public static Database OpenForReading(string path) => Open(path, raw.SQLITE_OPEN_READONLY);

    /// <summary>Prepares a statement that lives as long as the connection, or until it is disposed.</summary>
    public Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var handle));
        var statement = new Statement(this, handle);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Runs one or more statements that answer nothing.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    public long QueryNumber(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Number(0) : 0;
    }

    /// <summary>Lets go of a statement that has been disposed.</summary>
    internal void Forget(Statement statement) => _statements.Remove(statement);

    /// <summary>Throws what a result code other than OK means.</summary>
    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new DatabaseException(raw.sqlite3_extended_errcode(_handle), raw.sqlite3_errmsg(_handle).utf8_to_string());
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.ToArray())
        {
            statement.Dispose();
        }

        _handle.Dispose();
    }

    private static Database Open(string path, int flags)
    {
        // Registers the bundled native library; doing it again does nothing.
        Batteries_V2.Init();
        var code = raw.sqlite3_open_v2(path, out var handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        var database = new Database(handle);
        try
        {
            database.Check(code);
            raw.sqlite3_busy_timeout(handle, 5_000);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}

/// <summary>SQLite said no.</summary>
/// <param name="code">The extended result code.</param>
/// <param name="message">SQLite's own words.</param>
internal sealed class DatabaseException(int code, string message)
    : JournalUnavailableException($"the journal's database says: {message} (SQLite code {code})")
{
    /// <summary>There is no room for more, on the disk or below a limit set on the file.</summary>
    public bool IsFull => (code & 0xff) == raw.SQLITE_FULL;

    /// <summary>Something went wrong with the file itself, and nobody knows what is in it.</summary>
    public bool IsOfTheDisk => !IsFull && !IsRowRefused && (code & 0xff) is not raw.SQLITE_BUSY;

    /// <summary>Not the file is at fault, but what was to be written into it.</summary>
    public bool IsRowRefused => (code & 0xff) is raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_TOOBIG;
}
