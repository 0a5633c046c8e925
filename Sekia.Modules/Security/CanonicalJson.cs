using System.Buffers;
using System.Text;
using System.Text.Json;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Security;

/// <summary>
/// The one text that equal JSON values have, byte for byte what Go's <c>encoding/json</c> makes of a decoded value: compact, keys in
/// the order of their UTF-8 bytes, the last of a repeated key, and every number as the double it is nearest to.
/// </summary>
/// <remarks>
/// What no string can hold (bytes that are not UTF-8, half a surrogate pair) is U+FFFD. Go's decoder makes it so before its encoder
/// sees it, so it stands raw in the text and not as an escape.
/// </remarks>
internal static class CanonicalJson
{
    /// <summary>The canonical text of a JSON text.</summary>
    /// <exception cref="JsonException">It is not JSON, is nested deeper than <see cref="JsonText.MaxDepth"/>, or has a number beyond a double.</exception>
    public static byte[] Of(ReadOnlyMemory<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 16);
        Write(json, output);
        return output.WrittenSpan.ToArray();
    }

    /// <inheritdoc cref="Of"/>
    public static void Write(ReadOnlyMemory<byte> json, IBufferWriter<byte> output) =>
        Write(JsonElement.Parse(LoneSurrogates.Replace(WellFormedUtf8.Of(json)).Span), output);

    /// <summary>A string in quotes, escaped as Go does.</summary>
    public static void WriteString(ReadOnlySpan<char> text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        foreach (var rune in text.EnumerateRunes())
        {
            WriteRune(rune, output);
        }

        output.Write("\""u8);
    }

    private static void Write(JsonElement value, IBufferWriter<byte> output)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(value, output);
                break;
            case JsonValueKind.Array:
                WriteArray(value, output);
                break;
            case JsonValueKind.String:
                WriteString(value.GetString(), output);
                break;
            case JsonValueKind.Number:
                output.Write(CanonicalNumber.Of(value));
                break;
            case JsonValueKind.True:
                output.Write("true"u8);
                break;
            case JsonValueKind.False:
                output.Write("false"u8);
                break;
            default:
                output.Write("null"u8);
                break;
        }
    }

    private static void WriteObject(JsonElement value, IBufferWriter<byte> output)
    {
        var members = new SortedDictionary<string, JsonElement>(Utf8Order.Instance);
        foreach (var member in value.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }

        var separator = "{"u8;
        foreach (var (name, member) in members)
        {
            output.Write(separator);
            separator = ","u8;
            WriteString(name, output);
            output.Write(":"u8);
            Write(member, output);
        }

        output.Write(members.Count == 0 ? "{}"u8 : "}"u8);
    }

    private static void WriteArray(JsonElement value, IBufferWriter<byte> output)
    {
        output.Write("["u8);
        var separator = ""u8;
        foreach (var item in value.EnumerateArray())
        {
            output.Write(separator);
            separator = ","u8;
            Write(item, output);
        }

        output.Write("]"u8);
    }

    private static void WriteRune(Rune rune, IBufferWriter<byte> output)
    {
        switch (rune.Value)
        {
            case '"':
                output.Write("\\\""u8);
                break;
            case '\\':
                output.Write("\\\\"u8);
                break;
            case '\b':
                output.Write("\\b"u8);
                break;
            case '\f':
                output.Write("\\f"u8);
                break;
            case '\n':
                output.Write("\\n"u8);
                break;
            case '\r':
                output.Write("\\r"u8);
                break;
            case '\t':
                output.Write("\\t"u8);
                break;
            case < 0x20 or '<' or '>' or '&' or 0x2028 or 0x2029:
                output.Write(Encoding.ASCII.GetBytes($"\\u{rune.Value:x4}"));
                break;
            default:
                output.Advance(rune.EncodeToUtf8(output.GetSpan(4)));
                break;
        }
    }

    /// <summary>The order of the strings' UTF-8 bytes, which is that of their code points and not that of their UTF-16 units.</summary>
    private sealed class Utf8Order : IComparer<string>
    {
        public static readonly Utf8Order Instance = new();

        public int Compare(string? x, string? y)
        {
            var at = x.AsSpan().CommonPrefixLength(y);
            if (x is null || y is null || at == x.Length || at == y.Length)
            {
                return (x?.Length ?? -1).CompareTo(y?.Length ?? -1);
            }

            // Surrogates stand for code points above all others, yet their units are below U+E000.
            var order = char.IsSurrogate(x[at]).CompareTo(char.IsSurrogate(y[at]));
            return order != 0 ? order : x[at].CompareTo(y[at]);
        }
    }
}
