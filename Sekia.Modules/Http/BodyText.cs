using System.Text;

namespace Sekia.Modules.Http;

/// <summary>Decides whether a body is text, and which.</summary>
internal static class BodyText
{
    /// <summary>The text, by the charset given and by UTF-8 when none is; <c>null</c> when the bytes are no text in it.</summary>
    public static string? Decode(CappedBody body, string? charset)
    {
        if (EncodingOf(charset) is not { } encoding)
        {
            return null;
        }

        var bytes = body.Bytes.Span;
        if (bytes.StartsWith(encoding.Preamble))
        {
            bytes = bytes[encoding.Preamble.Length..];
        }

        try
        {
            // Without a flush the decoder keeps back a character that the cap has cut in two.
            var decoder = encoding.GetDecoder();
            var characters = new char[encoding.GetMaxCharCount(bytes.Length)];
            var count = decoder.GetChars(bytes, characters, flush: !body.Truncated);
            return new string(characters, 0, count);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static Encoding? EncodingOf(string? charset)
    {
        var name = charset?.Trim('"', ' ') ?? "";
        if (name.Length == 0 || name.Equals("utf8", StringComparison.OrdinalIgnoreCase))
        {
            name = "utf-8";
        }

        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                ?? Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            // A charset that nobody knows, or UTF-7, which nobody should.
            return null;
        }
    }
}
