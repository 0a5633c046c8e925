using System.Buffers;
using System.Text.Json;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>
/// Pushes JSON onto Lua's stack, from UTF-8 bytes straight into tables. Whole numbers become integers. Null in an object is an absent
/// key, so that <c>event.payload.body or ""</c> works; in an array it is <c>sekia.null</c>, so that nothing shifts.
/// </summary>
internal static class LuaJsonReader
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = JsonText.MaxDepth + 2 };

    /// <summary>Pushes one value.</summary>
    /// <param name="state">Whose stack.</param>
    /// <param name="utf8">Well-formed JSON.</param>
    /// <param name="arrayMark">The reference of the metatable that marks an array which has no items to show it.</param>
    public static void Push(nint state, ReadOnlySpan<byte> utf8, int arrayMark)
    {
        var reader = new Utf8JsonReader(utf8, s_options);
        reader.Read();
        _ = LuaNative.lua_checkstack(state, (JsonText.MaxDepth + 4) * 3);
        PushValue(state, ref reader, arrayMark);
    }

    private static void PushValue(nint state, ref Utf8JsonReader reader, int arrayMark)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                PushObject(state, ref reader, arrayMark);
                break;
            case JsonTokenType.StartArray:
                PushArray(state, ref reader, arrayMark);
                break;
            case JsonTokenType.String:
                PushString(state, ref reader);
                break;
            case JsonTokenType.Number:
                PushNumber(state, ref reader);
                break;
            case JsonTokenType.True:
                LuaNative.lua_pushboolean(state, 1);
                break;
            case JsonTokenType.False:
                LuaNative.lua_pushboolean(state, 0);
                break;
            default:
                LuaNative.lua_pushlightuserdata(state, 0);
                break;
        }
    }

    private static void PushObject(nint state, ref Utf8JsonReader reader, int arrayMark)
    {
        LuaNative.lua_createtable(state, 0, 0);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            PushString(state, ref reader);
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
            {
                // Of a key that occurs twice the last counts, and here it says: absent.
                LuaNative.lua_pushnil(state);
            }
            else
            {
                PushValue(state, ref reader, arrayMark);
            }

            LuaNative.lua_rawset(state, -3);
        }
    }

    private static void PushArray(nint state, ref Utf8JsonReader reader, int arrayMark)
    {
        LuaNative.lua_createtable(state, 0, 0);
        var items = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            PushValue(state, ref reader, arrayMark);
            LuaNative.lua_rawseti(state, -2, ++items);
        }

        if (items == 0)
        {
            _ = LuaNative.lua_rawgeti(state, LuaNative.Registry, arrayMark);
            _ = LuaNative.lua_setmetatable(state, -2);
        }
    }

    private static void PushNumber(nint state, ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out var whole))
        {
            LuaNative.lua_pushinteger(state, whole);
        }
        else
        {
            LuaNative.lua_pushnumber(state, reader.GetDouble());
        }
    }

    private static void PushString(nint state, ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            LuaText.Push(state, reader.ValueSpan);
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            LuaText.Push(state, buffer.AsSpan(0, Unescape(ref reader, buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Unescape(ref Utf8JsonReader reader, byte[] buffer)
    {
        try
        {
            return reader.CopyString(buffer);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, which UTF-8 cannot hold: such a string comes as it was written, escapes and all.
            reader.ValueSpan.CopyTo(buffer);
            return reader.ValueSpan.Length;
        }
    }
}
