using System.Text;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>Strings between C# and Lua, which knows only bytes.</summary>
internal static unsafe class LuaText
{
    /// <summary>The bytes of a value that is a string; valid while it is on the stack.</summary>
    public static ReadOnlySpan<byte> Bytes(nint state, int index)
    {
        nuint length;
        var text = LuaNative.lua_tolstring(state, index, &length);
        return new ReadOnlySpan<byte>(text, (int)length);
    }

    /// <summary>A value that is a string, as text; what is no UTF-8 is replaced.</summary>
    public static string String(nint state, int index) => Encoding.UTF8.GetString(Bytes(state, index));

    /// <summary>Makes sure of room on the stack.</summary>
    /// <exception cref="LuaValueException">There is none: the script has called itself too deeply.</exception>
    public static void Reserve(nint state, int slots)
    {
        if (LuaNative.lua_checkstack(state, slots) == 0)
        {
            throw new LuaValueException("stack overflow");
        }
    }

    public static void Push(nint state, ReadOnlySpan<byte> utf8)
    {
        fixed (byte* text = utf8)
        {
            // An empty span has no address, and Lua wants one.
            byte nothing;
            _ = LuaNative.lua_pushlstring(state, text is null ? &nothing : text, (nuint)utf8.Length);
        }
    }

    public static void Push(nint state, string text)
    {
        if (text.Length > 300)
        {
            Push(state, Encoding.UTF8.GetBytes(text));
            return;
        }

        Span<byte> utf8 = stackalloc byte[900];
        Push(state, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }
}
