using System.Diagnostics;
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
        _self = GCHandle.Alloc(this);
        _budget = (LuaBudget*)NativeMemory.AllocZeroed((nuint)sizeof(LuaBudget));
        _budget->MaxBytes = limits.MaxBytes;
        _budget->Owner = GCHandle.ToIntPtr(_self);
        _budget->ErrorFunction = LuaNative.ErrorFunction;
        _main = LuaNative.lua_newstate(&LuaBudget.Allocate, (nint)_budget);
        LuaBudget.Assign(_main, _budget);
        OpenLibraries();
        RunPrelude(functions);
    }

    ~LuaState() => Free();

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => _budget->Used;

    /// <summary>An exception of our own code during the last call from the script; <c>null</c> when there was none.</summary>
    public Exception? Broken { get; set; }

    /// <summary>The reference of the metatable that marks arrays.</summary>
    public int ArrayMark { get; private set; }

    internal LuaFunction[] Functions { get; }

    internal LuaBudget* Budget => _budget;

    internal nint Main => _main;

    /// <summary>Compiles a script, which does not run it.</summary>
    /// <param name="name">For error messages, with the ending.</param>
    /// <param name="source">Text; precompiled code is refused.</param>
    /// <returns>A coroutine that runs the script's top level.</returns>
    /// <exception cref="LuaScriptException">It does not compile.</exception>
    public LuaCoroutine Load(string name, ReadOnlySpan<byte> source)
    {
        var thread = NewThread(out var reference);
        var status = Compile(thread, "@" + name, source);
        return status == LuaStatus.Ok
            ? new LuaCoroutine(this, thread, reference, arguments: 0)
            : throw new LuaScriptException(LuaFault.Script, LuaText.String(thread, -1), traceback: "");
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

    /// <summary>The prelude's function that begins a run.</summary>
    private int Runner { get; set; }

    internal void BeginSlice()
    {
        Broken = null;
        _budget->TimedOut = false;
        _budget->Deadline = Stopwatch.GetTimestamp() + (long)(_limits.MaxSlice.TotalSeconds * Stopwatch.Frequency);
        _budget->Enforcing = true;
    }

    internal void EndSlice() => _budget->Enforcing = false;

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
        LuaBudget.Watch(thread);
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

        // Stack: prelude, array mark, functions; it answers the function that begins a run.
        if (status == LuaStatus.Ok)
        {
            status = (LuaStatus)LuaNative.lua_pcallk(_main, 2, 1, 0, 0, 0);
        }

        if (status != LuaStatus.Ok)
        {
            throw new InvalidOperationException("Sekia's prelude does not run: " + LuaText.String(_main, -1));
        }

        Runner = LuaNative.luaL_ref(_main, LuaNative.Registry);
    }

    private void Free()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        LuaNative.lua_close(_main);
        NativeMemory.Free(_budget);
        _self.Free();
    }
}
