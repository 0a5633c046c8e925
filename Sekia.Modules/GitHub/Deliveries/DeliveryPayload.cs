using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sekia.Modules.GitHub.Deliveries;

/// <summary>
/// Writes an event's payload, and cuts what could make it too large: a delivery may have 25 MB, and an event that is cut is worth
/// more than one that is refused. A payload that was cut ends with <c>"truncated": true</c>.
/// </summary>
internal sealed class DeliveryPayload : IDisposable
{
    /// <summary>The longest text in UTF-16 units, which is what GitHub allows for the body of an issue or a comment; commit messages may be longer.</summary>
    public const int MaxTextLength = 65_536;

    /// <summary>The longest name: of a repository, a branch, a label; also a title or an address. None of GitHub's comes near.</summary>
    public const int MaxNameLength = 1024;

    /// <summary>The most labels. GitHub has as many on an issue.</summary>
    public const int MaxLabels = 100;

    /// <summary>
    /// A unit has at most 6 bytes in JSON, so that a text at its longest takes three eighths of a payload; with the usual limit of a
    /// payload that is <see cref="MaxTextLength"/>.
    /// </summary>
    private const int PayloadBytesPerUnit = 16;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;
    private readonly int _maxTextLength;
    private bool _isCut;

    /// <param name="maxPayloadBytes">The setting <c>Journal:MaxPayloadBytes</c>.</param>
    public DeliveryPayload(int maxPayloadBytes)
    {
        _maxTextLength = Math.Min(MaxTextLength, maxPayloadBytes / PayloadBytesPerUnit);
        _json = new Utf8JsonWriter(_buffer, s_options);
        _json.WriteStartObject();
    }

    /// <summary>A text that people write at length.</summary>
    public void Text(string field, JsonElement value) => _json.WriteString(field, Cut(value.Text(), _maxTextLength));

    public void Name(string field, JsonElement value) => Name(field, value.Text());

    public void Name(string field, string value) => _json.WriteString(field, Cut(value, MaxNameLength));

    public void Flag(string field, bool value = true) => _json.WriteBoolean(field, value);

    public void Number(string field, long value) => _json.WriteNumber(field, value);

    /// <summary>The names of the objects in an array.</summary>
    public void Names(string field, JsonElement array)
    {
        _json.WriteStartArray(field);
        var count = array.Count();
        for (var i = 0; i < Math.Min(count, MaxLabels); i++)
        {
            _json.WriteStringValue(Cut(array[i].At("name").Text(), MaxNameLength));
        }

        _json.WriteEndArray();
        _isCut |= count > MaxLabels;
    }

    /// <summary>The payload; nothing can be written after it.</summary>
    public ReadOnlyMemory<byte> End()
    {
        if (_isCut)
        {
            _json.WriteBoolean("truncated", true);
        }

        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    /// <summary>The beginning of a text, without half of a surrogate pair at its end.</summary>
    private ReadOnlySpan<char> Cut(string text, int maxLength)
    {
        if (text.Length <= maxLength)
        {
            return text;
        }

        _isCut = true;
        return text.AsSpan(0, char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength);
    }
}
