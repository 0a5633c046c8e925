using System.Buffers;
using System.Buffers.Text;
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

    /// <summary>Pushes one value; null is nil.</summary>
    /// <param name="state">Whose stack.</param>
    /// <param name="utf8">Well-formed JSON.</param>
    /// <param name="arrayMark">The reference of the metatable that marks an array which has no items to show it.</param>
    public static void Push(nint state, ReadOnlySpan<byte> utf8, int arrayMark)
    {
        var reader = new Utf8JsonReader(utf8, s_options);
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            LuaNative.lua_pushnil(state);
            return;
        }

        LuaText.Reserve(state, (JsonText.MaxDepth + 4) * 3);
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
            LuaBudget.Spend(state);
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
            LuaBudget.Spend(state);
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
        var escaped = reader.ValueSpan;
        if (escaped.IndexOf("\\ud"u8) < 0 && escaped.IndexOf("\\uD"u8) < 0)
        {
            return reader.CopyString(buffer);
        }

        byte[] text = [(byte)'"', .. escaped, (byte)'"'];
        ReplaceHalfPairs(text.AsSpan(1, escaped.Length));
        var whole = new Utf8JsonReader(text);
        whole.Read();
        return whole.CopyString(buffer);
    }

    /// <summary>JSON allows half a surrogate pair, which UTF-8 cannot hold: it becomes the replacement character.</summary>
    private static void ReplaceHalfPairs(Span<byte> escaped)
    {
        for (var at = 0; at < escaped.Length;)
        {
            if (escaped[at] != '\\')
            {
                at++;
            }
            else if (CodeUnit(escaped[at..]) is not { } unit)
            {
                at += 2;
            }
            else if (char.IsHighSurrogate(unit) && CodeUnit(escaped[(at + 6)..]) is { } next && char.IsLowSurrogate(next))
            {
                at += 12;
            }
            else
            {
                if (char.IsSurrogate(unit))
                {
                    "fffd"u8.CopyTo(escaped[(at + 2)..]);
                }

                at += 6;
            }
        }
    }

    /// <summary>The code unit of an escape of the form \u1234 at the beginning.</summary>
    private static char? CodeUnit(ReadOnlySpan<byte> escaped) =>
        escaped.StartsWith("\\u"u8) && Utf8Parser.TryParse(escaped[2..6], out ushort unit, out _, 'x') ? (char)unit : null;
}
