using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sekia.Modules.Dashboard.Parts;

/// <summary>JSON for people: indented, with its beginning only when it is long.</summary>
internal static class ReadableJson
{
    /// <summary>No more than so much is shown, in bytes of the text as it is shown.</summary>
    public const int MaxBytes = 16 * 1024;

    private static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The text, and whether it was cut. What is no JSON is shown as it is.</summary>
    public static (string Text, bool IsCut) Of(ReadOnlyMemory<byte> utf8, int maxBytes = MaxBytes)
    {
        var buffer = new ArrayBufferWriter<byte>(Math.Min(utf8.Length * 2, maxBytes) + 256);
        try
        {
            var isWhole = Indent(utf8.Span, buffer, maxBytes);
            return Cut(buffer.WrittenSpan, isWhole, maxBytes);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Of half a surrogate pair the reader says that it is an invalid operation.
            return Cut(utf8.Span, isWhole: true, maxBytes);
        }
    }

    /// <summary>Token by token, and no further than is shown: a payload of a megabyte costs no more than its beginning.</summary>
    private static bool Indent(ReadOnlySpan<byte> utf8, ArrayBufferWriter<byte> buffer, int maxBytes)
    {
        using var json = new Utf8JsonWriter(buffer, s_indented);
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
        {
            Copy(ref reader, json);
            if (json.BytesCommitted + json.BytesPending > maxBytes)
            {
                json.Flush();
                return reader.BytesConsumed == utf8.Length;
            }
        }

        json.Flush();
        return true;
    }

    private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter json)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                json.WriteStartObject();
                break;
            case JsonTokenType.EndObject:
                json.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                json.WriteStartArray();
                break;
            case JsonTokenType.EndArray:
                json.WriteEndArray();
                break;
            case JsonTokenType.PropertyName:
                json.WritePropertyName(reader.GetString()!);
                break;
            case JsonTokenType.String:
                json.WriteStringValue(reader.GetString());
                break;
            default:
                json.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                break;
        }
    }

    private static (string Text, bool IsCut) Cut(ReadOnlySpan<byte> text, bool isWhole, int maxBytes) =>
        text.Length <= maxBytes ? (Encoding.UTF8.GetString(text), !isWhole) : (Encoding.UTF8.GetString(text[..maxBytes]).TrimEnd('\uFFFD') + "…", true);
}
