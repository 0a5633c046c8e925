using System.Globalization;

namespace Sekia.Modules.Bus;

/// <summary>
/// JSON may spell half a UTF-16 pair (<c>"\ud83d"</c>); services that cut a text inside an emoji send it. No string can hold it,
/// so readers would throw. Replaced by U+FFFD the text reads everywhere, and reads as the Go original reads it.
/// </summary>
internal static class LoneSurrogates
{
    private const int EscapeLength = 6;

    /// <summary>The same JSON text, or a copy of the same length in which each lone half is <c>\ufffd</c>.</summary>
    public static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> json)
    {
        byte[]? copy = null;
        var at = 0;
        while (json.Span[at..].IndexOf((byte)'\\') is var offset and >= 0)
        {
            at += offset;
            var escaped = CodeUnit(json.Span[at..]);
            if (escaped is null || !char.IsSurrogate(escaped.Value))
            {
                at = Math.Min(at + (escaped is null ? 2 : EscapeLength), json.Length);
            }
            else if (char.IsHighSurrogate(escaped.Value) && CodeUnit(json.Span[(at + EscapeLength)..]) is { } low && char.IsLowSurrogate(low))
            {
                at += 2 * EscapeLength;
            }
            else
            {
                copy ??= json.ToArray();
                "\\ufffd"u8.CopyTo(copy.AsSpan(at));
                at += EscapeLength;
            }
        }

        return copy ?? json;
    }

    /// <summary>The UTF-16 unit that a text spells at its beginning as <c>\uXXXX</c>.</summary>
    private static char? CodeUnit(ReadOnlySpan<byte> json) =>
        json.Length >= EscapeLength
        && json.StartsWith("\\u"u8)
        && ushort.TryParse(json[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;
}
