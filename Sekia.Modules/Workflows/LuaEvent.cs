using Sekia.Modules.Bus;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>The table that a handler receives: id, type, source, timestamp and payload. Every handler has a table of its own.</summary>
internal static class LuaEvent
{
    public static void Push(nint thread, Event evt, int arrayMark)
    {
        LuaNative.lua_createtable(thread, 0, 6);
        Field(thread, "id"u8, evt.Id);
        Field(thread, "type"u8, evt.Type);
        Field(thread, "source"u8, evt.Source);
        Field(thread, "subject"u8, evt.Subject);
        LuaText.Push(thread, "timestamp"u8);
        LuaNative.lua_pushinteger(thread, evt.Timestamp);
        LuaNative.lua_rawset(thread, -3);
        LuaText.Push(thread, "payload"u8);
        if (evt.Payload.Span.Trim(" \t\r\n"u8).SequenceEqual("null"u8))
        {
            // Always a table, so that event.payload.anything is nil and not an error.
            LuaNative.lua_createtable(thread, 0, 0);
        }
        else
        {
            LuaJsonReader.Push(thread, evt.Payload.Span, arrayMark);
        }

        LuaNative.lua_rawset(thread, -3);
    }

    private static void Field(nint thread, ReadOnlySpan<byte> name, string value)
    {
        LuaText.Push(thread, name);
        LuaText.Push(thread, value);
        LuaNative.lua_rawset(thread, -3);
    }
}
