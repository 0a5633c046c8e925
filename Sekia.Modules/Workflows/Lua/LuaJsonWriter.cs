using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Workflows.Lua;

/// <summary>
/// Writes a Lua value as JSON, straight into bytes. Integers stay integers and floats floats; a table with keys 1..n is an array, an
/// empty one an object unless it was made with <c>sekia.array()</c>. What has no JSON form is a fault that names the path.
/// </summary>
internal sealed class LuaJsonWriter(nint state, int arrayMark)
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Where on the stack the key of each open table is, or zero and the number in an array.</summary>
    private readonly (int Key, long Item)[] _path = new (int, long)[JsonText.MaxDepth + 1];
    private readonly nint[] _open = new nint[JsonText.MaxDepth + 1];
    private int _depth;

    /// <summary>Writes the value at an index.</summary>
    /// <param name="index">Absolute.</param>
    /// <param name="name">What the value is called, the beginning of every path: <c>payload</c>.</param>
    /// <exception cref="LuaValueException">It has no JSON form; the message names the path.</exception>
    public ReadOnlyMemory<byte> Write(int index, string name)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, s_options);
        LuaText.Reserve(state, (JsonText.MaxDepth + 4) * 3);
        WriteValue(json, index, name);
        json.Flush();
        return buffer.WrittenMemory;
    }

    private void WriteValue(Utf8JsonWriter json, int index, string name)
    {
        switch (LuaNative.lua_type(state, index))
        {
            case LuaType.Nil:
                json.WriteNullValue();
                break;
            case LuaType.Boolean:
                json.WriteBooleanValue(LuaNative.lua_toboolean(state, index) != 0);
                break;
            case LuaType.LightUserData when LuaNative.lua_touserdata(state, index) == 0:
                json.WriteNullValue();
                break;
            case LuaType.Number:
                WriteNumber(json, index, name);
                break;
            case LuaType.String:
                json.WriteStringValue(WellFormed(LuaText.Bytes(state, index)));
                break;
            case LuaType.Table:
                WriteTable(json, index, name);
                break;
            case var type:
                throw Fault(name, $"is a {type.ToString().ToLowerInvariant()}, which has no JSON form");
        }
    }

    private unsafe void WriteNumber(Utf8JsonWriter json, int index, string name)
    {
        if (LuaNative.lua_isinteger(state, index) != 0)
        {
            json.WriteNumberValue(LuaNative.lua_tointegerx(state, index, null));
            return;
        }

        var number = LuaNative.lua_tonumberx(state, index, null);
        if (!double.IsFinite(number))
        {
            throw Fault(name, $"is {(double.IsNaN(number) ? "not a number (NaN)" : "infinite")}, which has no JSON form");
        }

        if (Math.Floor(number) == number && Math.Abs(number) < 1e15)
        {
            json.WriteRawValue(number.ToString("F1", CultureInfo.InvariantCulture), skipInputValidation: true);
        }
        else
        {
            json.WriteNumberValue(number);
        }
    }

    private void WriteTable(Utf8JsonWriter json, int index, string name)
    {
        Enter(json, index, name);
        LuaNative.lua_pushnil(state);
        if (LuaNative.lua_next(state, index) == 0)
        {
            WriteEmpty(json, index);
        }
        else if (LuaNative.lua_type(state, -2) == LuaType.String)
        {
            WriteObject(json, index, name);
        }
        else
        {
            LuaNative.lua_settop(state, -3);
            WriteArray(json, index, name, CountItems(index, name));
        }

        _depth--;
    }

    private void WriteEmpty(Utf8JsonWriter json, int index)
    {
        if (IsMarkedArray(index))
        {
            json.WriteStartArray();
            json.WriteEndArray();
        }
        else
        {
            json.WriteStartObject();
            json.WriteEndObject();
        }
    }

    /// <summary>Goes on from the first pair, which is on the stack.</summary>
    private void WriteObject(Utf8JsonWriter json, int index, string name)
    {
        json.WriteStartObject();
        do
        {
            var key = LuaNative.lua_gettop(state) - 1;
            if (LuaNative.lua_type(state, key) != LuaType.String)
            {
                _path[_depth - 1] = default;
                throw Fault(name, $"has keys that are strings and keys that are not ({Word(LuaNative.lua_type(state, key))}); make it an object or an array");
            }

            _path[_depth - 1] = (key, 0);
            json.WritePropertyName(WellFormed(LuaText.Bytes(state, key)));
            WriteValue(json, key + 1, name);
            LuaNative.lua_settop(state, key);
        }
        while (LuaNative.lua_next(state, index) != 0);
        json.WriteEndObject();
        _path[_depth - 1] = default;
    }

    private void WriteArray(Utf8JsonWriter json, int index, string name, long items)
    {
        json.WriteStartArray();
        for (var item = 1L; item <= items; item++)
        {
            _path[_depth - 1] = (0, item);
            _ = LuaNative.lua_rawgeti(state, index, item);
            var value = LuaNative.lua_gettop(state);
            WriteValue(json, value, name);
            LuaNative.lua_settop(state, value - 1);
        }

        json.WriteEndArray();
        _path[_depth - 1] = default;
    }

    /// <summary>How many items a table has whose keys must be 1..n.</summary>
    private unsafe long CountItems(int index, string name)
    {
        long count = 0, greatest = 0;
        LuaNative.lua_pushnil(state);
        while (LuaNative.lua_next(state, index) != 0)
        {
            if (LuaNative.lua_isinteger(state, -2) == 0 || LuaNative.lua_type(state, -2) != LuaType.Number)
            {
                throw Fault(name, $"has keys that are numbers and keys that are not whole numbers ({Word(LuaNative.lua_type(state, -2))}); make it an object or an array");
            }

            var key = LuaNative.lua_tointegerx(state, -2, null);
            if (key < 1)
            {
                throw Fault(name, $"has the key {key}; the keys of an array are 1 to n");
            }

            greatest = Math.Max(greatest, key);
            count++;
            LuaNative.lua_settop(state, -2);
        }

        return greatest == count ? count : throw Fault(name, $"is an array with holes: {count} items up to key {greatest}. Put sekia.null in the holes, or use string keys");
    }

    private unsafe void Enter(Utf8JsonWriter json, int index, string name)
    {
        if (_depth == JsonText.MaxDepth)
        {
            throw Fault(name, $"is nested deeper than {JsonText.MaxDepth} levels");
        }

        // Tables that share tables can be far larger as JSON than in memory.
        var budget = LuaBudget.Of(state);
        if (json.BytesCommitted + json.BytesPending > budget->MaxBytes)
        {
            throw Fault(name, "makes a JSON text larger than the memory of a workflow");
        }

        if (LuaBudget.IsLate(state))
        {
            throw Fault(name, "takes too long to become JSON");
        }

        var table = LuaNative.lua_topointer(state, index);
        if (Array.IndexOf(_open, table, 0, _depth) >= 0)
        {
            throw Fault(name, "is a table that contains itself");
        }

        _open[_depth] = table;
        _path[_depth] = default;
        _depth++;
    }

    private bool IsMarkedArray(int index)
    {
        if (LuaNative.lua_getmetatable(state, index) == 0)
        {
            return false;
        }

        _ = LuaNative.lua_rawgeti(state, LuaNative.Registry, arrayMark);
        var marked = LuaNative.lua_rawequal(state, -1, -2) != 0;
        LuaNative.lua_settop(state, -3);
        return marked;
    }

    private LuaValueException Fault(string name, string fault)
    {
        var path = new StringBuilder(name);
        for (var level = 0; level < _depth; level++)
        {
            var (key, item) = _path[level];
            _ = key > 0 ? path.Append('.').Append(Excerpt.Of(LuaText.String(state, key)))
                : item > 0 ? path.Append('[').Append(item).Append(']')
                : path;
        }

        return new LuaValueException($"{path} {fault}");
    }

    private static string Word(LuaType type) => "a " + type.ToString().ToLowerInvariant();

    /// <summary>A Lua string is bytes, JSON is UTF-8: what is not is replaced, as the Go original does.</summary>
    private static ReadOnlySpan<byte> WellFormed(ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes) ? bytes : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
}

/// <summary>A value from a script cannot be used; the message is for the script's author.</summary>
internal sealed class LuaValueException(string message) : Exception(message);
