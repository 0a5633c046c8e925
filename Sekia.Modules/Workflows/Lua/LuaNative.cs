using System.Runtime.InteropServices;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>
/// The functions of Lua's C interface that are used, from the library that the KeraLua package brings. Only such that cannot raise an
/// error when memory suffices, or that catch it themselves: an error must never leap over a managed frame.
/// </summary>
internal static unsafe partial class LuaNative
{
    public const int Registry = -1_000_000 - 1000;
    public const int MultipleResults = -1;
    public const int ExtraSpace = 8;

    private const string Library = "lua54";

    private static readonly nint s_library = NativeLibrary.Load(Library, typeof(LuaNative).Assembly, searchPath: null);

    /// <summary>The native function that raises the value on the stack as an error.</summary>
    public static nint ErrorFunction { get; } = Export("lua_error");

    /// <summary>The address of a native function, to be handed back to Lua.</summary>
    public static nint Export(string name) => NativeLibrary.GetExport(s_library, name);

    [LibraryImport(Library)]
    public static partial nint lua_newstate(delegate* unmanaged[Cdecl]<nint, nint, nuint, nuint, nint> allocate, nint data);

    [LibraryImport(Library)]
    public static partial void lua_close(nint state);

    [LibraryImport(Library)]
    public static partial nint lua_newthread(nint state);

    [LibraryImport(Library)]
    public static partial int lua_resume(nint thread, nint from, int arguments, int* results);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int lua_isyieldable(nint thread);

    [LibraryImport(Library)]
    public static partial int lua_yieldk(nint thread, int results, nint context, nint continuation);

    [LibraryImport(Library)]
    public static partial int lua_pcallk(nint state, int arguments, int results, int handler, nint context, nint continuation);

    [LibraryImport(Library)]
    public static partial int luaL_loadbufferx(nint state, byte* text, nuint length, byte* name, byte* mode);

    [LibraryImport(Library)]
    public static partial void luaL_requiref(nint state, byte* name, nint open, int global);

    [LibraryImport(Library)]
    public static partial void luaL_traceback(nint state, nint of, byte* message, int level);

    [LibraryImport(Library)]
    public static partial void lua_sethook(nint state, nint hook, int mask, int count);

    [LibraryImport(Library)]
    public static partial int lua_gc(nint state, int what);

    [LibraryImport(Library)]
    public static partial int lua_checkstack(nint state, int slots);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int lua_gettop(nint state);

    [LibraryImport(Library)]
    public static partial void lua_settop(nint state, int index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void lua_pushvalue(nint state, int index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void lua_rotate(nint state, int index, int by);

    [LibraryImport(Library)]
    public static partial void lua_xmove(nint from, nint to, int count);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial LuaType lua_type(nint state, int index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int lua_isinteger(nint state, int index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int lua_toboolean(nint state, int index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial long lua_tointegerx(nint state, int index, int* isNumber);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial double lua_tonumberx(nint state, int index, int* isNumber);

    [LibraryImport(Library)]
    public static partial byte* lua_tolstring(nint state, int index, nuint* length);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint lua_topointer(nint state, int index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial nint lua_touserdata(nint state, int index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial ulong lua_rawlen(nint state, int index);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void lua_pushnil(nint state);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void lua_pushboolean(nint state, int value);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void lua_pushinteger(nint state, long value);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void lua_pushnumber(nint state, double value);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial void lua_pushlightuserdata(nint state, nint value);

    [LibraryImport(Library)]
    public static partial byte* lua_pushlstring(nint state, byte* text, nuint length);

    [LibraryImport(Library)]
    public static partial void lua_pushcclosure(nint state, nint function, int upvalues);

    [LibraryImport(Library)]
    public static partial void lua_createtable(nint state, int items, int fields);

    [LibraryImport(Library)]
    public static partial void lua_rawset(nint state, int index);

    [LibraryImport(Library)]
    public static partial void lua_rawseti(nint state, int index, long key);

    [LibraryImport(Library)]
    public static partial LuaType lua_rawget(nint state, int index);

    [LibraryImport(Library)]
    public static partial LuaType lua_rawgeti(nint state, int index, long key);

    [LibraryImport(Library)]
    public static partial int lua_next(nint state, int index);

    [LibraryImport(Library)]
    public static partial int lua_getmetatable(nint state, int index);

    [LibraryImport(Library)]
    public static partial LuaType luaL_getmetafield(nint state, int index, byte* field);

    [LibraryImport(Library)]
    public static partial int lua_setmetatable(nint state, int index);

    [LibraryImport(Library)]
    public static partial int lua_rawequal(nint state, int one, int other);

    [LibraryImport(Library)]
    public static partial int luaL_ref(nint state, int table);

    [LibraryImport(Library)]
    public static partial void luaL_unref(nint state, int table, int reference);

    [LibraryImport(Library)]
    public static partial void lua_setglobal(nint state, byte* name);

    [LibraryImport(Library)]
    public static partial LuaType lua_getglobal(nint state, byte* name);
}

/// <summary>The types of Lua's values, with Lua's numbers.</summary>
internal enum LuaType
{
    None = -1,
    Nil = 0,
    Boolean = 1,
    LightUserData = 2,
    Number = 3,
    String = 4,
    Table = 5,
    Function = 6,
    UserData = 7,
    Thread = 8,
}

/// <summary>How a call or a resume ended, with Lua's numbers.</summary>
internal enum LuaStatus
{
    Ok = 0,
    Yield = 1,
    RuntimeError = 2,
    SyntaxError = 3,
    OutOfMemory = 4,
    ErrorInHandler = 5,
}
