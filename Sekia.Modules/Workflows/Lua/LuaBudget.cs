using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>
/// What one Lua state may use, in memory that its callbacks can reach without going through managed objects: they run inside Lua,
/// where nothing may be thrown.
/// </summary>
internal unsafe struct LuaBudget
{
    /// <summary>What Lua says, and how a message ends that says so.</summary>
    public const string OutOfMemory = "not enough memory";

    private const int MaskCount = 8;
    private const int FirstInstructions = 16;
    private const int FewestInstructions = 8;
    private const int MostInstructions = 256;
    private const nuint LargeBlock = 1 << 16;
    private const long NotCounted = -1;

    /// <summary>The state's memory, and the most it may hold while a script runs, in bytes.</summary>
    public LuaHeap Heap;
    public long MaxBytes;

    /// <summary>
    /// Whether the limit counts: while a script runs. While we put values in ourselves an allocation must not fail, for Lua would leap
    /// over our frames.
    /// </summary>
    public bool Enforcing;

    /// <summary>When the script must be done, as a <see cref="Stopwatch"/> timestamp, and whether it was stopped because it was not.</summary>
    public long Deadline;
    public bool TimedOut;

    /// <summary>How many ticks the script had left when its turn began, and what its thread had used of a core by then.</summary>
    public long Left;
    public long UsedBefore;

    /// <summary>When the script has had its turn, as a <see cref="Stopwatch"/> timestamp, and whether it stopped in between because of it.</summary>
    public long TurnEnds;
    public long Turn;
    public bool Paused;

    /// <summary>When the script is next asked to stand aside for others, as a <see cref="Stopwatch"/> timestamp.</summary>
    public long StandsAside;

    /// <summary>When a script is stopped that has had its turn and cannot stop in between, and whether it was.</summary>
    public long Eviction;
    public bool Evicted;

    /// <summary>The thread of Lua that runs; zero between slices.</summary>
    public nint Running;

    /// <summary>When the hook last looked at the clock, and after how many instructions it looks again.</summary>
    public long LookedAt;
    public int Interval;

    /// <summary>The <see cref="GCHandle"/> of the <see cref="LuaState"/>.</summary>
    public nint Owner;

    /// <summary>Lua's own function that raises an error, for the hook to hand over to.</summary>
    public nint ErrorFunction;

    /// <summary>The budget of the state a thread of Lua belongs to: its address is kept in the thread's own extra space.</summary>
    public static LuaBudget* Of(nint thread) => *(LuaBudget**)(thread - LuaNative.ExtraSpace);

    public static void Assign(nint thread, LuaBudget* budget) => *(LuaBudget**)(thread - LuaNative.ExtraSpace) = budget;

    /// <summary>Lua's allocator: answers null above the limit, which Lua turns into "not enough memory".</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nint Allocate(nint data, nint block, nuint oldSize, nuint newSize)
    {
        var budget = (LuaBudget*)data;
        if (newSize == 0)
        {
            if (block != 0)
            {
                budget->Heap.Free((void*)block, oldSize);
            }

            return 0;
        }

        // Without a block, Lua says instead what it is going to be.
        var old = block == 0 ? 0 : oldSize;
        if (old > 0 && LuaHeap.FitsInPlace((void*)block, old, newSize))
        {
            return block;
        }

        if (budget->Enforcing && !budget->Heap.HasRoom(newSize) && !MayGrow(budget, old, newSize))
        {
            if (newSize > old)
            {
                return 0;
            }

            // To become smaller must not fail.
            if (LuaHeap.CanStay((void*)block, old, newSize))
            {
                return block;
            }
        }

        try
        {
            return (nint)(block == 0 ? budget->Heap.Allocate(newSize) : budget->Heap.Resize((void*)block, old, newSize));
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    private static bool MayGrow(LuaBudget* budget, nuint old, nuint wanted)
    {
        var fits = budget->Heap.Held + budget->Heap.Growth(old, wanted) <= budget->MaxBytes;

        // What handles much memory takes long, as does looking for some to free, and both in few instructions.
        if ((wanted >= LargeBlock || !fits) && budget->Interval > 1 && Stopwatch.GetTimestamp() > budget->Deadline)
        {
            Watch(budget, 1);
        }

        return fits;
    }

    /// <summary>Begins a turn: sets the deadline, the memory limit counts, and the hook is on the thread that is going to run.</summary>
    /// <param name="budget">Of the state.</param>
    /// <param name="thread">What is going to run.</param>
    /// <param name="left">How much of its slice is left, in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="turn">After how many ticks it is to stop in between.</param>
    /// <param name="eviction">After how many ticks it is to stop for good if it could not.</param>
    /// <param name="standsAside">Whether it stands aside for others.</param>
    public static void Begin(LuaBudget* budget, nint thread, long left, long turn, long eviction, bool standsAside = false)
    {
        budget->TimedOut = false;
        budget->Paused = false;
        budget->Evicted = false;
        budget->LookedAt = Stopwatch.GetTimestamp();
        budget->Deadline = budget->LookedAt + left;
        budget->Left = left;

        // Who can be evicted is stopped by the clock, long before its time is up.
        budget->UsedBefore = eviction < left ? NotCounted : OsThread.CoreTime(OsThread.Id);
        budget->Turn = turn;
        budget->TurnEnds = turn < left ? budget->LookedAt + turn : long.MaxValue;
        budget->Eviction = eviction < left ? budget->LookedAt + eviction : long.MaxValue;
        budget->StandsAside = standsAside ? budget->LookedAt : long.MaxValue;
        budget->Running = thread;
        Watch(budget, FirstInstructions);
        budget->Enforcing = true;
    }

    /// <returns>How much of the slice is left, in ticks.</returns>
    public static long End(LuaBudget* budget)
    {
        budget->Enforcing = false;
        budget->Running = 0;
        return TicksLeft(budget);
    }

    /// <summary>Ends the turn at once, from another thread: the hook sees it.</summary>
    public static void Evict(LuaBudget* budget)
    {
        Volatile.Write(ref budget->Eviction, 0);
        Volatile.Write(ref budget->TurnEnds, 0);
    }

    /// <summary>To be called while C# makes values for a script that runs: the limit on memory holds there too.</summary>
    /// <exception cref="LuaValueException">There is no memory left.</exception>
    public static void Spend(nint thread)
    {
        const int Collect = 2;
        var budget = Of(thread);
        if (budget->Running == 0 || budget->Heap.Held <= budget->MaxBytes)
        {
            return;
        }

        _ = LuaNative.lua_gc(thread, Collect);
        if (budget->Heap.Held > budget->MaxBytes - (budget->MaxBytes / 8))
        {
            throw new LuaValueException(OutOfMemory);
        }
    }

    /// <summary>Whether a script has called C# and its time is up meanwhile.</summary>
    public static bool IsLate(nint thread) => Of(thread)->Running != 0 && Of(thread)->UsedBefore != NotCounted && Stopwatch.GetTimestamp() > Of(thread)->Deadline && TicksLeft(Of(thread)) <= 0;

    /// <summary>
    /// What is left of the slice. A thread that gives way to others, on a machine that is busy, has a core for a small part of the time only:
    /// what it did not have does not count.
    /// </summary>
    private static long TicksLeft(LuaBudget* budget) => budget->UsedBefore == NotCounted
        ? budget->Deadline - Stopwatch.GetTimestamp()
        : budget->Left - (OsThread.CoreTime(OsThread.Id) - budget->UsedBefore);

    /// <summary>
    /// Called by Lua every so many instructions. One instruction may call a function of Lua's that takes long, so they become fewer when
    /// they take their time, and more when they do not.
    /// </summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void CheckDeadline(nint thread, nint activation)
    {
        var budget = Of(thread);
        var now = Stopwatch.GetTimestamp();
        if (now > budget->Deadline && budget->UsedBefore != NotCounted)
        {
            var left = TicksLeft(budget);
            if (left <= 0)
            {
                budget->TimedOut = true;
                Stop(budget, thread);
                return;
            }

            budget->Deadline = now + left;
        }

        // Inside a call of C's it cannot; it goes on until it can, or must not any more, or waits where it is.
        if (now > Volatile.Read(ref budget->TurnEnds))
        {
            if (LuaNative.lua_isyieldable(thread) != 0)
            {
                budget->Paused = true;
                _ = LuaNative.lua_yieldk(thread, 0, 0, 0);
                return;
            }

            if (now > Volatile.Read(ref budget->Eviction))
            {
                budget->Evicted = true;
                Stop(budget, thread);
                return;
            }

            if (LuaState.Of(budget).LongTurn is { } turn)
            {
                turn.WaitForNext();
                now = budget->StandsAside = Stopwatch.GetTimestamp();
                budget->TurnEnds = now + budget->Turn;
            }
        }
        else if (now > budget->StandsAside)
        {
            StandAside(budget, now);
        }

        var took = now - budget->LookedAt;
        var interval = took > Stopwatch.Frequency / 1_000 ? FewestInstructions
            : took < Stopwatch.Frequency / 10_000 ? Math.Min(budget->Interval * 2, MostInstructions)
            : budget->Interval;
        if (interval != budget->Interval)
        {
            Watch(budget, interval);
        }

        // Setting the hook takes long itself when the script is deep in calls.
        budget->LookedAt = Stopwatch.GetTimestamp();
    }

    /// <summary>Lets others go first. The turn ends later by as much.</summary>
    private static void StandAside(LuaBudget* budget, long now)
    {
        var hasDoneItsShare = LuaState.Of(budget).LongTurn?.StandAside() ?? true;
        var stood = Stopwatch.GetTimestamp() - now;
        if (Volatile.Read(ref budget->TurnEnds) is not 0 and not long.MaxValue)
        {
            budget->TurnEnds += stood;
        }

        budget->StandsAside = hasDoneItsShare ? budget->TurnEnds : now + stood + (Stopwatch.Frequency / 10_000);
    }

    /// <summary>
    /// Out at once and for good, however deep the script is in calls of pcall: the run yields and is never resumed. In a hook the yield
    /// does not leap; Lua does, afterwards. Where nothing can yield, in a call from C, Lua's error function becomes the hook of every single
    /// instruction: that raises inside native code, through every pcall, until the run is dead.
    /// </summary>
    private static void Stop(LuaBudget* budget, nint thread)
    {
        if (LuaNative.lua_isyieldable(thread) != 0)
        {
            _ = LuaNative.lua_yieldk(thread, 0, 0, 0);
        }
        else
        {
            LuaNative.lua_sethook(thread, budget->ErrorFunction, MaskCount, 1);
        }
    }

    private static void Watch(LuaBudget* budget, int interval)
    {
        budget->Interval = interval;
        LuaNative.lua_sethook(budget->Running, (nint)(delegate* unmanaged[Cdecl]<nint, nint, void>)&CheckDeadline, MaskCount, interval);
    }
}
