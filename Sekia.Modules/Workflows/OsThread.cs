using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sekia.Modules.Workflows;

/// <summary>
/// What .NET does not offer about threads: their priority, which on Linux it does not set, and the cores they may have. There a thread may
/// lower its priority and has no right to raise it again. On other systems nothing happens.
/// </summary>
internal static partial class OsThread
{
    private const int OfOne = 0;

    /// <summary>A tenth of what others get when all cores are taken: enough not to starve.</summary>
    public const int Low = 10;

    /// <summary>A seventh of what <see cref="Low"/> gets: for what nobody waits for any more.</summary>
    public const int Lowest = 19;

    /// <summary>
    /// As long as a turn, in nanoseconds. Since Linux 6.12 who wakes with a shorter one does not wait until a longer one is used up.
    /// </summary>
    private const ulong LongSlice = 10_000_000;

    /// <summary>As many as the C library's own set of them has.</summary>
    private const int MaxCores = 1024;

    /// <summary>The number of <c>sched_setattr</c>, which C libraries lack; 0 where it is not known.</summary>
    private static nint SetAttributes => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 314,
        Architecture.Arm64 => 274,
        _ => 0,
    };

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

    /// <summary>
    /// For how long a thread has had a core, in ticks of <see cref="Stopwatch"/>; where that is not to be had, the time. Only differences mean something.
    /// Of another thread that has ended, 0.
    /// </summary>
    public static unsafe long CoreTime(int id)
    {
        // As Linux makes a clock of a thread's number.
        var time = stackalloc long[2];
        return id != 0 && clock_gettime((~id << 3) | 6, time) == 0
            ? (time[0] * Stopwatch.Frequency) + (long)(time[1] * (Stopwatch.Frequency / 1e9))
            : id == t_id ? Stopwatch.GetTimestamp() : 0;
    }

    /// <summary>Lets a thread give way to others. It stays so, and threads that it starts are so from the beginning.</summary>
    /// <param name="id">Of the thread.</param>
    /// <param name="priority"><see cref="Low"/> or <see cref="Lowest"/>.</param>
    public static unsafe void Lower(int id, int priority)
    {
        var attributes = new Attributes { Size = (uint)sizeof(Attributes), Nice = priority, Slice = LongSlice };
        if (id != 0 && (SetAttributes == 0 || syscall(SetAttributes, id, &attributes, 0) != 0))
        {
            _ = setpriority(OfOne, id, priority);
        }
    }

    /// <summary>Keeps a thread off one core where there are several. Threads that it starts are so from the beginning.</summary>
    /// <remarks>A low priority is not enough: who wakes may have to wait for some milliseconds until a thread of low priority is put aside.</remarks>
    public static unsafe void LeaveACore(int id)
    {
        var set = stackalloc ulong[MaxCores / 64];

        // The first thread's are the process's: it has the number of the process.
        if (id == 0 || sched_getaffinity(Environment.ProcessId, MaxCores / 8, set) != 0)
        {
            return;
        }

        var cores = new Span<ulong>(set, MaxCores / 64);
        var first = cores.IndexOfAnyExcept(0UL);
        cores[first] &= cores[first] - 1;
        if (cores.ContainsAnyExcept(0UL))
        {
            _ = sched_setaffinity(id, MaxCores / 8, set);
        }
    }

    [LibraryImport("libc")]
    private static unsafe partial nint syscall(nint number, nint thread, Attributes* attributes, nint flags);

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static unsafe partial int clock_gettime(int clock, long* time);

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int priority);

    [LibraryImport("libc")]
    private static unsafe partial int sched_getaffinity(int thread, nuint size, ulong* cores);

    [LibraryImport("libc")]
    private static unsafe partial int sched_setaffinity(int thread, nuint size, ulong* cores);

    /// <summary><c>struct sched_attr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;

        /// <summary>In nanoseconds.</summary>
        public ulong Slice;
        public ulong Deadline;
        public ulong Period;
    }
}
