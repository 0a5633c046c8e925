using System.Diagnostics;
using System.Text;
using static System.FormattableString;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>One run of a script: goes on until it ends or asks for something that takes time, and goes on again with the answer.</summary>
internal sealed unsafe class LuaCoroutine : IDisposable
{
    private readonly LuaState _state;
    private readonly TimeSpan _slice;
    private int _reference;
    private int _arguments;
    private long _left;
    private long _spent;
    private volatile bool _evicted;

    internal LuaCoroutine(LuaState state, nint thread, int reference, int arguments, TimeSpan? slice = null)
    {
        _state = state;
        _slice = slice ?? state.MaxSlice;
        Thread = thread;
        _reference = reference;
        _arguments = arguments;
        _left = Ticks(_slice);
    }

    /// <summary>Its stack. After a question: the question's name and arguments.</summary>
    internal nint Thread { get; }

    /// <summary>How much Lua time it has taken so far, in all its slices.</summary>
    public TimeSpan Spent => TimeSpan.FromSeconds((double)_spent / Stopwatch.Frequency);

    /// <summary>Runs on.</summary>
    /// <param name="turn">After how long it is to stop in between, where it can; <c>null</c> for never.</param>
    /// <param name="eviction">After how long it is to end if it could not; <c>null</c> for never.</param>
    /// <param name="longTurn">What it does for others; <c>null</c>: nothing.</param>
    /// <exception cref="LuaScriptException">The script raised an error or used up a limit; it is over.</exception>
    public LuaPause Resume(TimeSpan? turn = null, TimeSpan? eviction = null, ILongTurn? longTurn = null)
    {
        _state.LongTurn = longTurn;
        switch (Run(turn is { } most ? Ticks(most) : long.MaxValue, eviction is { } end ? Ticks(end) : long.MaxValue))
        {
            case not LuaStatus.Ok when _state.Budget->Evicted:
                return LuaPause.Eviction;
            case LuaStatus.Ok:
                return LuaPause.End;
            case LuaStatus.Yield when _state.Budget->Paused:
                _arguments = 0;
                return LuaPause.Turn;
            case LuaStatus.Yield when !_state.Budget->TimedOut:
                return LuaPause.Question;
            case var status:
                throw Explain(status);
        }
    }

    /// <summary>A time in the ticks of <see cref="Stopwatch"/>.</summary>
    internal static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Ends the turn that is being taken, from another thread, at the next instruction: in a pause, or in <see cref="LuaPause.Eviction"/>.</summary>
    public void Evict()
    {
        _evicted = true;
        LuaBudget.Evict(_state.Budget);
    }

    /// <summary>The question: which function the script called and waits for.</summary>
    public LuaCall Question => new(_state, Thread);

    /// <summary>It has waited for an answer, so its time begins anew.</summary>
    public void BeginSlice() => _left = Ticks(_slice);

    /// <summary>Lays down the answer for the next <see cref="Resume"/>.</summary>
    /// <param name="result">JSON, or <c>null</c> for none.</param>
    /// <param name="error">Why there is none.</param>
    public void Answer(ReadOnlyMemory<byte>? result, string? error)
    {
        LuaNative.lua_settop(Thread, 0);
        try
        {
            _ = result is { } json ? Question.ReturnJson(json.Span) : Nil();
        }
        catch (LuaValueException fault)
        {
            Refuse(fault.Message);
            return;
        }

        _ = error is null ? Nil() : Question.Return(error);
        _arguments = 2;
    }

    /// <summary>Instead of an answer: an error is raised where the script asked.</summary>
    public void Refuse(string message)
    {
        LuaNative.lua_settop(Thread, 0);
        _ = Nil();
        _ = Question.Return(message);
        LuaNative.lua_pushboolean(Thread, 1);
        _arguments = 3;
    }

    /// <summary>
    /// Gives its stack back. Variables still to be closed are not: a script's code runs in a slice or not at all.
    /// </summary>
    public void Dispose()
    {
        const int None = -2;
        _state.Release(_reference);
        _reference = None;
    }

    private LuaStatus Run(long turn, long eviction)
    {
        int results;
        _state.Broken = null;
        LuaBudget.Begin(_state.Budget, Thread, _left, turn, eviction, _state.LongTurn is not null);
        if (_evicted)
        {
            // Asked for a moment before the turn began, and not seen by it.
            LuaBudget.Evict(_state.Budget);
        }

        var status = (LuaStatus)LuaNative.lua_resume(Thread, 0, _arguments, &results);
        var before = _left;
        _left = LuaBudget.End(_state.Budget);
        _spent += before - _left;
        return status;
    }

    private int Nil()
    {
        LuaNative.lua_pushnil(Thread);
        return 1;
    }

    private LuaScriptException Explain(LuaStatus status)
    {
        // The stack it died with may be full; the text is made on another.
        LuaNative.luaL_traceback(_state.Main, Thread, null, 0);
        var traceback = LuaTraceback.From(LuaText.String(_state.Main, -1));
        LuaNative.lua_settop(_state.Main, 0);
        if (_state.Budget->TimedOut)
        {
            return new LuaScriptException(LuaFault.Time, traceback.Place + Invariant($"ran for more than {_slice.TotalSeconds} s and was stopped"), traceback.Text);
        }

        var message = traceback.Placed(status == LuaStatus.OutOfMemory ? LuaBudget.OutOfMemory : Message());
        return new LuaScriptException(message.EndsWith(LuaBudget.OutOfMemory, StringComparison.Ordinal) ? LuaFault.Memory : LuaFault.Script, message, traceback.Text);
    }

    /// <summary>An error may be any value; what is not a text is shown as it wants to be, by its JSON, or by its type.</summary>
    private string Message()
    {
        switch (LuaNative.lua_type(Thread, -1))
        {
            case LuaType.String or LuaType.Number:
                return LuaText.String(Thread, -1);
            case LuaType.Table:
                return Told() ?? "error value " + Shown();
            case LuaType.Boolean:
                return LuaNative.lua_toboolean(Thread, -1) != 0 ? "error value true" : "error value false";
            case var type:
                return $"error value of type {type.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>The text that a value makes of itself; <c>null</c> when it makes none.</summary>
    private string? Told()
    {
        using var telling = _state.Tell(Thread);
        return telling is null ? null
            : telling.Run(long.MaxValue, long.MaxValue) == LuaStatus.Ok ? LuaText.String(telling.Thread, -1)
            : "error value whose __tostring fails";
    }

    private string Shown()
    {
        try
        {
            return Encoding.UTF8.GetString(Question.Json(LuaNative.lua_gettop(Thread), "error").Span);
        }
        catch (LuaValueException)
        {
            return "that is a table";
        }
    }
}

/// <summary>Why a script that runs has come back.</summary>
internal enum LuaPause
{
    /// <summary>It is over.</summary>
    End,

    /// <summary>It waits for an answer.</summary>
    Question,

    /// <summary>It has had its turn and would go on.</summary>
    Turn,

    /// <summary>It has had its turn, could not stop in between, and was ended.</summary>
    Eviction,
}

/// <summary>Why a script was stopped.</summary>
internal enum LuaFault
{
    /// <summary>It raised an error, or does not compile.</summary>
    Script,

    /// <summary>It ran for too long.</summary>
    Time,

    /// <summary>It wanted more memory than it may have.</summary>
    Memory,

    /// <summary>It is in a call inside Lua that cannot be stopped, and was left there.</summary>
    Held,
}

/// <summary>A script is over before its end. The message has file and line, as Lua writes them.</summary>
internal sealed class LuaScriptException(LuaFault fault, string message, string traceback) : Exception(message)
{
    public LuaFault Fault { get; } = fault;

    /// <summary>Where in the script; no C# in it.</summary>
    public string Traceback { get; } = traceback;
}
