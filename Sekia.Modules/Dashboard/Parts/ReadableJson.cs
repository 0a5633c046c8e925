using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sekia.Modules.Dashboard.Parts;

/// <summary>JSON for people: indented, with its beginning only when it is long.</summary>
internal static class ReadableJson
{
    /// <summary>No more than so much is shown, in bytes of the text as it is shown.</summary>
    public const int MaxBytes = 16 * 1024;

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

    /// <summary>
    /// Token by token, and no further than is shown: a payload of a megabyte costs no more than its beginning. Not with the framework's
    /// writer: it cannot write a number as it stands without losing the line that belongs to it.
    /// </summary>
    private static bool Indent(ReadOnlySpan<byte> utf8, ArrayBufferWriter<byte> buffer, int maxBytes)
    {
        var reader = new Utf8JsonReader(utf8);
        var before = JsonTokenType.None;
        while (reader.Read())
        {
            Separate(before, reader, buffer);
            Write(ref reader, buffer);
            before = reader.TokenType;
            if (buffer.WrittenCount > maxBytes)
            {
                return reader.BytesConsumed == utf8.Length;
            }
        }

        return true;
    }

    /// <summary>What stands between two tokens: a comma, and a line of its own; nothing after a name, and nothing in what is empty.</summary>
    private static void Separate(JsonTokenType before, in Utf8JsonReader reader, ArrayBufferWriter<byte> buffer)
    {
        var isEnd = reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;
        var isBegun = before is JsonTokenType.StartObject or JsonTokenType.StartArray;
        if (before is JsonTokenType.None or JsonTokenType.PropertyName || (isEnd && isBegun))
        {
            return;
        }

        if (!isEnd && !isBegun)
        {
            buffer.Write(","u8);
        }

        buffer.Write("\n"u8);
        for (var depth = 0; depth < reader.CurrentDepth; depth++)
        {
            buffer.Write("  "u8);
        }
    }

    private static void Write(ref Utf8JsonReader reader, ArrayBufferWriter<byte> buffer)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            buffer.Write(reader.ValueSpan);
            return;
        }

        buffer.Write("\""u8);
        WriteEscaped(reader.GetString()!, buffer);
        buffer.Write(reader.TokenType == JsonTokenType.PropertyName ? "\": "u8 : "\""u8);
    }

    /// <summary>Letters of every language and emoji as they are; what cannot be seen as its number.</summary>
    private static void WriteEscaped(string text, ArrayBufferWriter<byte> buffer)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            var shown = rune.Value switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when IsUnseen(rune) => string.Concat(rune.ToString().Select(unit => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}"))),
                _ => null,
            };
            if (shown is not null)
            {
                buffer.Write(Encoding.UTF8.GetBytes(shown));
            }
            else
            {
                buffer.Advance(rune.EncodeToUtf8(buffer.GetSpan(4)));
            }
        }
    }

    private static bool IsUnseen(Rune rune) => !rune.IsAscii
        ? Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
        : rune.Value is < ' ' or 0x7F;

    private static (string Text, bool IsCut) Cut(ReadOnlySpan<byte> text, bool isWhole, int maxBytes) =>
        text.Length <= maxBytes ? (Encoding.UTF8.GetString(text), !isWhole) : (Encoding.UTF8.GetString(text[..maxBytes]).TrimEnd('\uFFFD') + "…", true);
}
