using System.Text;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>One run of a script: goes on until it ends or asks for something that takes time, and goes on again with the answer.</summary>
internal sealed unsafe class LuaCoroutine : IDisposable
{
    private readonly LuaState _state;
    private readonly int _reference;
    private int _arguments;

    internal LuaCoroutine(LuaState state, nint thread, int reference, int arguments)
    {
        _state = state;
        Thread = thread;
        _reference = reference;
        _arguments = arguments;
    }

    /// <summary>Its stack. After a question: the question's name and arguments.</summary>
    internal nint Thread { get; }

    /// <summary>Runs on.</summary>
    /// <returns>Whether it has asked for something; <c>false</c> at the end.</returns>
    /// <exception cref="LuaScriptException">The script raised an error or used up a limit; it is over.</exception>
    public bool Resume()
    {
        int results;
        _state.BeginSlice();
        var status = (LuaStatus)LuaNative.lua_resume(Thread, 0, _arguments, &results);
        _state.EndSlice();
        if (status is LuaStatus.Ok or LuaStatus.Yield)
        {
            return status == LuaStatus.Yield;
        }

        throw Explain(status);
    }

    /// <summary>The question: which function the script called and waits for.</summary>
    public LuaCall Question => new(_state, Thread);

    /// <summary>Lays down the answer for the next <see cref="Resume"/>.</summary>
    /// <param name="result">JSON, or <c>null</c> for none.</param>
    /// <param name="error">Why there is none.</param>
    public void Answer(ReadOnlyMemory<byte>? result, string? error)
    {
        LuaNative.lua_settop(Thread, 0);
        _ = result is { } json ? Question.ReturnJson(json.Span) : Nil();
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

    /// <summary>Gives its stack back. Variables to be closed are closed under the same limits.</summary>
    public void Dispose()
    {
        _state.BeginSlice();
        _ = LuaNative.lua_closethread(Thread, 0);
        _state.EndSlice();
        LuaNative.luaL_unref(_state.Main, LuaNative.Registry, _reference);
    }

    private int Nil()
    {
        LuaNative.lua_pushnil(Thread);
        return 1;
    }

    private LuaScriptException Explain(LuaStatus status)
    {
        var timedOut = _state.Budget->TimedOut;
        LuaNative.lua_sethook(Thread, 0, 0, 0);
        var message = status == LuaStatus.OutOfMemory ? "not enough memory" : Message();
        LuaNative.luaL_traceback(Thread, Thread, null, 0);
        var traceback = Clean(LuaText.String(Thread, -1));
        var fault = timedOut ? LuaFault.Time
            : status == LuaStatus.OutOfMemory || message.EndsWith("not enough memory", StringComparison.Ordinal) ? LuaFault.Memory
            : LuaFault.Script;
        return new LuaScriptException(fault, message, traceback);
    }

    /// <summary>An error may be any value; what is not a text is shown by its type, or by its JSON.</summary>
    private string Message()
    {
        switch (LuaNative.lua_type(Thread, -1))
        {
            case LuaType.String or LuaType.Number:
                return LuaText.String(Thread, -1);
            case LuaType.Table:
                try
                {
                    return "error value " + Encoding.UTF8.GetString(Question.Json(LuaNative.lua_gettop(Thread), "error").Span);
                }
                catch (LuaValueException)
                {
                    return "error value that is a table";
                }

            case var type:
                return $"error value of type {type.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>The script's own lines only: neither the prelude nor what is behind it tells its author anything.</summary>
    private static string Clean(string traceback) => string.Join(
        '\n', traceback.Split('\n').Where(line => !line.StartsWith("\tsekia:", StringComparison.Ordinal) && !line.StartsWith("\t[C]: in ?", StringComparison.Ordinal)));
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
}

/// <summary>A script is over before its end. The message has file and line, as Lua writes them.</summary>
internal sealed class LuaScriptException(LuaFault fault, string message, string traceback) : Exception(message)
{
    public LuaFault Fault { get; } = fault;

    /// <summary>Where in the script; no C# in it.</summary>
    public string Traceback { get; } = traceback;
}
