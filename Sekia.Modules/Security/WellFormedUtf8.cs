using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Sekia.Modules.Security;

/// <summary>Text with U+FFFD for every byte that is no part of well-formed UTF-8: one for each byte, as Go decodes it.</summary>
internal static class WellFormedUtf8
{
    /// <summary>The same text when it is well-formed, otherwise a mended copy.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> text)
    {
        if (Utf8.IsValid(text.Span))
        {
            return text;
        }

        var mended = new ArrayBufferWriter<byte>(text.Length + 16);
        var rest = text.Span;
        while (!rest.IsEmpty)
        {
            var good = Rune.DecodeFromUtf8(rest, out _, out var length) == OperationStatus.Done;
            length = good ? length : 1;
            mended.Write(good ? rest[..length] : "\uFFFD"u8);
            rest = rest[length..];
        }

        return mended.WrittenMemory;
    }
}
