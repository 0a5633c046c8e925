using System.Runtime.InteropServices;

namespace Sekia.Modules.Workflows;

/// <summary>
/// What .NET does not offer about threads: their priority, which on Linux it does not set. There a thread may lower it and has no right to
/// raise it again. On other systems nothing happens.
/// </summary>
internal static partial class OsThread
{
    private const int OfOne = 0;

    /// <summary>A tenth of what others get when all cores are taken: enough not to starve.</summary>
    private const int Low = 10;

    [ThreadStatic]
    private static int t_id;

    /// <summary>The system's number of the current thread; 0 where it is of no use.</summary>
    public static int Id => t_id != 0 || !OperatingSystem.IsLinux() ? t_id : t_id = Ask();

    private static int Ask()
    {
        try
        {
            return gettid();
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before 2019.
            return 0;
        }
    }

    /// <summary>Lets a thread give way to others. It stays so.</summary>
    public static void Lower(int id)
    {
        if (id != 0)
        {
            _ = setpriority(OfOne, id, Low);
        }
    }

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int priority);
}
