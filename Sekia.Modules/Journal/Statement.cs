using System.Text;
using SQLitePCL;

namespace Sekia.Modules.Journal;

/// <summary>A prepared statement, kept for the life of its connection. Parameters and columns are counted from 1 and 0, as SQLite does.</summary>
internal sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    private const int ShortText = 300;

    public Statement Bind(int parameter, long value)
    {
        database.Check(raw.sqlite3_bind_int64(handle, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, long? value)
    {
        database.Check(value is { } number ? raw.sqlite3_bind_int64(handle, parameter, number) : raw.sqlite3_bind_null(handle, parameter));
        return this;
    }

    public Statement Bind(int parameter, string? value)
    {
        if (value is null)
        {
            database.Check(raw.sqlite3_bind_null(handle, parameter));
            return this;
        }

        if (value.Length == 0)
        {
            // An empty span has no address, and SQLite would take it for NULL.
            database.Check(raw.sqlite3_bind_text(handle, parameter, ""));
            return this;
        }

        // Short texts, which are nearly all, go over without garbage. Always with their length: a NUL is a character like any other.
        var utf8 = value.Length <= ShortText ? stackalloc byte[3 * ShortText] : new byte[Encoding.UTF8.GetMaxByteCount(value.Length)];
        database.Check(raw.sqlite3_bind_text(handle, parameter, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
        return this;
    }

    public Statement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        database.Check(raw.sqlite3_bind_blob(handle, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, ReadOnlyMemory<byte>? value)
    {
        database.Check(value is { } bytes ? raw.sqlite3_bind_blob(handle, parameter, bytes.Span) : raw.sqlite3_bind_null(handle, parameter));
        return this;
    }

    /// <summary>Runs to the end and makes the statement ready for the next use. Returns how many rows changed.</summary>
    public int Run()
    {
        try
        {
            while (Step())
            {
            }

            return database.Changes;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>The first column of the first row, or <c>null</c>; makes the statement ready for the next use.</summary>
    public long? RunForNumber()
    {
        try
        {
            return Step() ? NumberOrNull(0) : null;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Goes to the next row; <c>false</c> at the end.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            database.Check(code);
        }

        return code == raw.SQLITE_ROW;
    }

    // The code of a reset repeats the failure of the step before it, which has been thrown already.
    public void Reset() => _ = raw.sqlite3_reset(handle);

    public long Number(int column) => raw.sqlite3_column_int64(handle, column);

    public long? NumberOrNull(int column) => IsNull(column) ? null : Number(column);

    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(handle, column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public byte[] Bytes(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    /// <summary>The bytes where SQLite has them: only until the next step.</summary>
    public ReadOnlySpan<byte> Span(int column) => raw.sqlite3_column_blob(handle, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public void Dispose()
    {
        handle.Dispose();
        database.Forget(this);
    }
}
