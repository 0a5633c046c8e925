using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sekia.Modules.Journal;
using SQLitePCL;

namespace Sekia.Tests.Journal;

/// <summary>Has SQLite told that the disk does not take what is forced to it: by the table of functions that it reaches a file by.</summary>
internal static unsafe partial class FailingSync
{
    /// <summary>What SQLite says then: an error of input or output, in fsync.</summary>
    public const int Code = 10 | (4 << 8);

    /// <summary><c>SQLITE_FCNTL_JOURNAL_POINTER</c>.</summary>
    private const int LogFile = 28;

    /// <summary>Of <c>sqlite3_io_methods</c>: a number, and then close, read, write, truncate, sync and more.</summary>
    private const int Methods = 19;
    private const int Sync = 5;

    /// <summary>From now on, for this connection alone.</summary>
    public static void Begin(Database database)
    {
        nint* log;
        Assert.Equal(0, sqlite3_file_control(HandleOf(database).DangerousGetHandle(), "main", LogFile, &log));

        // Not freed: SQLite uses it until the connection is closed, which nobody tells.
        var methods = (nint*)NativeMemory.Alloc(Methods, (nuint)sizeof(nint));
        NativeMemory.Copy((void*)log[0], methods, (nuint)(Methods * sizeof(nint)));
        methods[Sync] = (nint)(delegate* unmanaged[Cdecl]<nint, int, int>)&Fail;
        log[0] = (nint)methods;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Fail(nint file, int flags) => Code;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_handle")]
    private static extern ref sqlite3 HandleOf(Database database);

    [LibraryImport("e_sqlite3", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int sqlite3_file_control(nint database, string name, int operation, nint** argument);
}
