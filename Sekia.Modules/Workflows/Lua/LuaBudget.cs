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
    private const int MaskCount = 8;

    /// <summary>Bytes allocated by the state now, and the most it may have while a script runs.</summary>
    public long Used;
    public long MaxBytes;

    /// <summary>
    /// Whether the limit counts: while a script runs. While we put values in ourselves an allocation must not fail, for Lua would leap
    /// over our frames.
    /// </summary>
    public bool Enforcing;

    /// <summary>When the script must be done, as a <see cref="Stopwatch"/> timestamp, and whether it was stopped because it was not.</summary>
    public long Deadline;
    public bool TimedOut;

    /// <summary>The <see cref="GCHandle"/> of the <see cref="LuaState"/>.</summary>
    public nint Owner;

    /// <summary>Lua's own function that raises an error, for the hook to hand over to.</summary>
    public nint ErrorFunction;

    /// <summary>The budget of the state a thread of Lua belongs to: its address is kept in the thread's own extra space.</summary>
    public static LuaBudget* Of(nint thread) => *(LuaBudget**)(thread - LuaNative.ExtraSpace);

    public static void Assign(nint thread, LuaBudget* budget) => *(LuaBudget**)(thread - LuaNative.ExtraSpace) = budget;

    /// <summary>Lua's allocator: counts, and answers null above the limit, which Lua turns into "not enough memory".</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static nint Allocate(nint data, nint block, nuint oldSize, nuint newSize)
    {
        var budget = (LuaBudget*)data;
        var old = block == 0 ? 0 : (long)oldSize;
        if (newSize == 0)
        {
            NativeMemory.Free((void*)block);
            budget->Used -= old;
            return 0;
        }

        var used = budget->Used - old + (long)newSize;
        if (budget->Enforcing && (long)newSize > old && used > budget->MaxBytes)
        {
            return 0;
        }

        try
        {
            var moved = (nint)NativeMemory.Realloc((void*)block, newSize);
            budget->Used = used;
            return moved;
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    /// <summary>
    /// Called by Lua every so many instructions. Past the deadline it makes Lua's error function the hook of every single instruction:
    /// that raises inside native code, through every pcall, until the run is dead.
    /// </summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void CheckDeadline(nint thread, nint activation)
    {
        var budget = Of(thread);
        if (Stopwatch.GetTimestamp() > budget->Deadline)
        {
            budget->TimedOut = true;
            LuaNative.lua_sethook(thread, budget->ErrorFunction, MaskCount, 1);
        }
    }

    /// <summary>Installs the hook on a thread of Lua.</summary>
    public static void Watch(nint thread)
    {
        const int InstructionsBetweenLooks = 10_000;
        LuaNative.lua_sethook(thread, (nint)(delegate* unmanaged[Cdecl]<nint, nint, void>)&CheckDeadline, MaskCount, InstructionsBetweenLooks);
    }
}
