using System.Runtime.InteropServices;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>A call from a script into C#, with its arguments. Lives only as long as the call.</summary>
internal readonly ref struct LuaCall(LuaState owner, nint thread, int skipped = 0)
{
    /// <summary>The same call without its first arguments.</summary>
    public LuaCall Skip(int arguments) => new(owner, thread, skipped + arguments);

    public LuaType TypeOf(int argument) => LuaNative.lua_type(thread, argument + skipped);

    public bool Has(int argument) => TypeOf(argument) is not (LuaType.None or LuaType.Nil);

    /// <summary>A text argument; a number counts as its text, as everywhere in Lua.</summary>
    /// <exception cref="LuaValueException">It is something else.</exception>
    public string Text(int argument, string name) => TypeOf(argument) is LuaType.String or LuaType.Number
        ? LuaText.String(thread, argument + skipped)
        : throw Unfit(argument, name, "a string");

    /// <exception cref="LuaValueException">It is not a number.</exception>
    public unsafe double Number(int argument, string name) => TypeOf(argument) == LuaType.Number
        ? LuaNative.lua_tonumberx(thread, argument + skipped, null)
        : throw Unfit(argument, name, "a number");

    /// <summary>Keeps a function of the script's, for as long as the state lives.</summary>
    /// <exception cref="LuaValueException">It is not a function.</exception>
    public int Function(int argument, string name)
    {
        if (TypeOf(argument) != LuaType.Function)
        {
            throw Unfit(argument, name, "a function");
        }

        LuaNative.lua_pushvalue(thread, argument + skipped);
        return LuaNative.luaL_ref(thread, LuaNative.Registry);
    }

    /// <summary>Any value as JSON.</summary>
    /// <exception cref="LuaValueException">It has no JSON form.</exception>
    public ReadOnlyMemory<byte> Json(int argument, string name)
    {
        var top = LuaNative.lua_gettop(thread);
        try
        {
            return new LuaJsonWriter(thread, owner.ArrayMark).Write(argument + skipped, name);
        }
        finally
        {
            LuaNative.lua_settop(thread, top);
        }
    }

    /// <summary>A table as a JSON object.</summary>
    /// <exception cref="LuaValueException">It is not a table, or one whose keys are not all strings.</exception>
    public ReadOnlyMemory<byte> JsonObject(int argument, string name)
    {
        if (TypeOf(argument) != LuaType.Table)
        {
            throw Unfit(argument, name, "a table");
        }

        var json = Json(argument, name);
        return json.Span[0] == (byte)'{' ? json : throw new LuaValueException($"{name} must be a table with string keys, not an array");
    }

    /// <summary>Nothing.</summary>
    public static int Nothing => 0;

    /// <summary>What stands for null in arrays and in payloads.</summary>
    public int ReturnNull()
    {
        LuaNative.lua_pushlightuserdata(thread, 0);
        return 1;
    }

    public int Return(string text)
    {
        LuaText.Push(thread, text);
        return 1;
    }

    public int Return(double number)
    {
        LuaNative.lua_pushnumber(thread, number);
        return 1;
    }

    public int Return(long number)
    {
        LuaNative.lua_pushinteger(thread, number);
        return 1;
    }

    /// <summary>A JSON value as a Lua value; null as nil.</summary>
    public int ReturnJson(ReadOnlySpan<byte> utf8)
    {
        LuaJsonReader.Push(thread, utf8, owner.ArrayMark);
        return 1;
    }

    /// <summary>What the prelude turns into an error at the line of the script that called.</summary>
    internal int Refuse(string message)
    {
        LuaNative.lua_settop(thread, 0);
        LuaNative.lua_pushnil(thread);
        LuaText.Push(thread, message);
        return 2;
    }

    private LuaValueException Unfit(int argument, string name, string expected)
    {
        var type = TypeOf(argument);
        return new LuaValueException(type is LuaType.None or LuaType.Nil
            ? $"{name} is missing; it must be {expected}"
            : $"{name} must be {expected}, not a {type.ToString().ToLowerInvariant()}");
    }
}

/// <summary>A function that scripts can call. What it throws as <see cref="LuaValueException"/> is raised in the script.</summary>
/// <returns>How many values it has pushed.</returns>
internal delegate int LuaFunction(LuaCall call);

/// <summary>The one way from Lua into C#.</summary>
internal static unsafe class LuaGate
{
    /// <summary>The function that Lua calls; which of ours it is stands in its first upvalue.</summary>
    public static nint Pointer => (nint)(delegate* unmanaged[Cdecl]<nint, int>)&Enter;

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static int Enter(nint thread)
    {
        var budget = LuaBudget.Of(thread);
        var owner = LuaState.Of(budget);
        var enforcing = budget->Enforcing;
        budget->Enforcing = false;
        var call = new LuaCall(owner, thread);
        try
        {
            return owner.Functions[(int)LuaNative.lua_tointegerx(thread, LuaNative.Registry - 1, null)](call);
        }
        catch (LuaValueException fault)
        {
            return call.Refuse(fault.Message);
        }
        catch (Exception fault)
        {
            // Nothing may leave this frame: above it is native code. The engine tells it with the run.
            owner.Broken = fault;
            return call.Refuse("internal error in Sekia, see the log");
        }
        finally
        {
            budget->Enforcing = enforcing;
        }
    }
}
