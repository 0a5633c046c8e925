using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>What a script may use.</summary>
/// <param name="MaxBytes">Memory of its state, in bytes.</param>
/// <param name="MaxSlice">Lua time of one slice: from a start or an answer to the end or the next question.</param>
internal readonly record struct LuaLimits(long MaxBytes, TimeSpan MaxSlice);

/// <summary>
/// One sandboxed Lua state. Used by one thread at a time. Nothing a script does can leave it: no libraries that reach the system, a limit on
/// memory, a limit on time that no <c>pcall</c> survives.
/// </summary>
internal sealed unsafe class LuaState : IDisposable
{
    private static readonly byte[] s_prelude = ReadPrelude();

    /// <summary>Pinned, and as alive as this object: the figures can be read after the end.</summary>
    private readonly LuaBudget[] _memory = GC.AllocateArray<LuaBudget>(1, pinned: true);
    private readonly LuaBudget* _budget;
    private readonly nint _main;
    private readonly GCHandle _self;
    private readonly LuaLimits _limits;
    private bool _disposed;

    /// <param name="limits">What the script may use.</param>
    /// <param name="functions">What the script can call, by the name the prelude knows it by.</param>
    public LuaState(LuaLimits limits, IReadOnlyDictionary<string, LuaFunction> functions)
    {
        _limits = limits;
        Functions = [.. functions.Values];

        // Weak, or nothing would ever be finalised.
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        _budget = (LuaBudget*)Unsafe.AsPointer(ref _memory[0]);
        _budget->MaxBytes = limits.MaxBytes;
        _budget->Owner = GCHandle.ToIntPtr(_self);
        _budget->ErrorFunction = LuaNative.ErrorFunction;
        _main = LuaNative.lua_newstate(&LuaBudget.Allocate, (nint)_budget);
        LuaBudget.Assign(_main, _budget);
        OpenLibraries();
        RunPrelude(functions);
    }

    ~LuaState() => Free();

    /// <inheritdoc cref="LuaHeap.Used"/>
    public long UsedBytes => _memory[0].Heap.Used;

    /// <summary>An exception of our own code during the last call from the script; <c>null</c> when there was none.</summary>
    public Exception? Broken { get; set; }

    /// <summary>What the run at hand does for others; <c>null</c>: nothing.</summary>
    public ILongTurn? LongTurn { get; set; }

    /// <summary>The reference of the metatable that marks arrays.</summary>
    public int ArrayMark { get; private set; }

    internal LuaFunction[] Functions { get; }

    internal LuaBudget* Budget => _budget;

    internal nint Main => _main;

    /// <summary>The state that a budget is of.</summary>
    public static LuaState Of(LuaBudget* budget) => (LuaState)GCHandle.FromIntPtr(budget->Owner).Target!;

    /// <summary>Compiles a script, which does not run it.</summary>
    /// <param name="name">For error messages, with the ending.</param>
    /// <param name="source">Text; precompiled code is refused.</param>
    /// <param name="limit">For how long its top level may run; as long as a handler if nothing is said.</param>
    /// <returns>A coroutine that runs the script's top level.</returns>
    /// <exception cref="LuaScriptException">It does not compile.</exception>
    public LuaCoroutine Load(string name, ReadOnlySpan<byte> source, TimeSpan? limit = null)
    {
        var thread = NewThread(out var reference);
        var coroutine = new LuaCoroutine(this, thread, reference, arguments: 0, limit);
        LuaBudget.Begin(_budget, thread, LuaCoroutine.Ticks(limit ?? _limits.MaxSlice), long.MaxValue, long.MaxValue);
        var status = Compile(thread, "@" + name, source);
        _ = LuaBudget.End(_budget);
        if (status == LuaStatus.Ok)
        {
            return coroutine;
        }

        using (coroutine)
        {
            throw new LuaScriptException(status == LuaStatus.OutOfMemory ? LuaFault.Memory : LuaFault.Script, LuaText.String(thread, -1), traceback: "");
        }
    }

    /// <summary>A coroutine that calls a function of the script with a value.</summary>
    /// <param name="function">From <see cref="LuaCall.Function"/>.</param>
    /// <param name="seed">For <c>math.random</c>: the same seed, the same numbers.</param>
    /// <param name="push">Pushes the one argument.</param>
    public LuaCoroutine Call(int function, (long, long) seed, Action<nint> push)
    {
        var thread = NewThread(out var reference);
        _ = LuaNative.lua_rawgeti(thread, LuaNative.Registry, Runner);
        _ = LuaNative.lua_rawgeti(thread, LuaNative.Registry, function);
        LuaNative.lua_pushinteger(thread, seed.Item1);
        LuaNative.lua_pushinteger(thread, seed.Item2);
        push(thread);
        return new LuaCoroutine(this, thread, reference, arguments: 4);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Free();
    }

    /// <summary>The prelude's functions that begin a run, and that make a text of any value.</summary>
    private int Runner { get; set; }

    private int Teller { get; set; }

    internal TimeSpan MaxSlice => _limits.MaxSlice;

    /// <summary>A coroutine that makes a text of a value, as the value's own <c>__tostring</c> wants it.</summary>
    /// <param name="from">On top of whose stack the value is. It is taken from there.</param>
    /// <returns><c>null</c> when the value has no such wish.</returns>
    internal LuaCoroutine? Tell(nint from)
    {
        var thread = NewThread(out var reference);
        var coroutine = new LuaCoroutine(this, thread, reference, arguments: 1);
        _ = LuaNative.lua_rawgeti(thread, LuaNative.Registry, Teller);
        LuaNative.lua_xmove(from, thread, 1);
        fixed (byte* field = "__tostring\0"u8)
        {
            if (LuaNative.luaL_getmetafield(thread, 2, field) != LuaType.Nil)
            {
                LuaNative.lua_settop(thread, 2);
                return coroutine;
            }
        }

        LuaNative.lua_xmove(thread, from, 1);
        coroutine.Dispose();
        return null;
    }

    internal void Release(int reference)
    {
        if (!_disposed)
        {
            LuaNative.luaL_unref(_main, LuaNative.Registry, reference);
        }
    }

    private static LuaStatus Compile(nint thread, string name, ReadOnlySpan<byte> source)
    {
        fixed (byte* text = source)
        fixed (byte* called = Encoding.UTF8.GetBytes(name + '\0'))
        fixed (byte* mode = "t\0"u8)
        {
            byte nothing;
            return (LuaStatus)LuaNative.luaL_loadbufferx(thread, text is null ? &nothing : text, (nuint)source.Length, called, mode);
        }
    }

    private static byte[] ReadPrelude()
    {
        using var stream = typeof(LuaState).Assembly.GetManifestResourceStream("Sekia.prelude.lua")!;
        var prelude = new byte[stream.Length];
        stream.ReadExactly(prelude);
        return prelude;
    }

    private nint NewThread(out int reference)
    {
        var thread = LuaNative.lua_newthread(_main);
        reference = LuaNative.luaL_ref(_main, LuaNative.Registry);
        LuaBudget.Assign(thread, _budget);
        return thread;
    }

    private void OpenLibraries()
    {
        foreach (var (name, export) in new[] { ("_G", "luaopen_base"), ("table", "luaopen_table"), ("string", "luaopen_string"), ("math", "luaopen_math") })
        {
            fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
            {
                LuaNative.luaL_requiref(_main, text, LuaNative.Export(export), 1);
            }

            LuaNative.lua_settop(_main, 0);
        }

        // The prelude's own way to wait; it is not left in the scripts' reach.
        fixed (byte* text = "coroutine\0"u8)
        {
            LuaNative.luaL_requiref(_main, text, LuaNative.Export("luaopen_coroutine"), 1);
        }

        LuaNative.lua_settop(_main, 0);
    }

    private void RunPrelude(IReadOnlyDictionary<string, LuaFunction> functions)
    {
        LuaNative.lua_createtable(_main, 0, 1);
        LuaNative.lua_pushvalue(_main, -1);
        ArrayMark = LuaNative.luaL_ref(_main, LuaNative.Registry);
        var status = Compile(_main, "=sekia", s_prelude);
        LuaNative.lua_rotate(_main, 1, -1);
        LuaNative.lua_createtable(_main, 0, functions.Count);
        foreach (var (index, name) in functions.Keys.Index())
        {
            LuaText.Push(_main, name);
            LuaNative.lua_pushinteger(_main, index);
            LuaNative.lua_pushcclosure(_main, LuaGate.Pointer, 1);
            LuaNative.lua_rawset(_main, -3);
        }

        const int BytesOfItem = 16;
        LuaNative.lua_pushinteger(_main, _limits.MaxBytes / BytesOfItem);

        // Stack: prelude, array mark, functions, number of items that memory can hold.
        if (status == LuaStatus.Ok)
        {
            status = (LuaStatus)LuaNative.lua_pcallk(_main, 3, 2, 0, 0, 0);
        }

        if (status != LuaStatus.Ok)
        {
            throw new InvalidOperationException("Sekia's prelude does not run: " + LuaText.String(_main, -1));
        }

        Teller = LuaNative.luaL_ref(_main, LuaNative.Registry);
        Runner = LuaNative.luaL_ref(_main, LuaNative.Registry);
    }

    private void Free()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_main != 0)
        {
            LuaNative.lua_close(_main);
            _budget->Heap.Close();
        }

        if (_self.IsAllocated)
        {
            _self.Free();
        }
    }
}
