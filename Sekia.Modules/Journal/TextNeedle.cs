using System.Text;
using System.Text.Encodings.Web;

namespace Sekia.Modules.Journal;

/// <summary>A text to be found in UTF-8 and in JSON, where it may be escaped. A to Z are the same as a to z.</summary>
internal sealed class TextNeedle
{
    /// <summary>What stands in JSON, the most frequent first: looked for is first the byte that is there least often.</summary>
    private static readonly byte[] s_frequent = "\"e:,ta oinsrhld{}cumf_p0g1wyb-v/k.xjqz"u8.ToArray();

    private readonly Form[] _forms;

    public TextNeedle(string text)
    {
        var forms = new[] { text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text), JavaScriptEncoder.Default.Encode(text) };
        _forms = [.. forms.Distinct(StringComparer.Ordinal).Select(Form.Of)];
    }

    public bool IsIn(ReadOnlySpan<byte> utf8)
    {
        foreach (var form in _forms)
        {
            if (form.IsIn(utf8))
            {
                return true;
            }
        }

        return false;
    }

    private static byte Fold(byte one) => one is >= (byte)'A' and <= (byte)'Z' ? (byte)(one | 0x20) : one;

    /// <param name="Folded">In small letters.</param>
    /// <param name="Anchor">The place of its rarest byte.</param>
    private sealed record Form(byte[] Folded, int Anchor)
    {
        public static Form Of(string text)
        {
            var folded = Encoding.UTF8.GetBytes(text).Select(Fold).ToArray();
            var anchor = Enumerable.Range(0, folded.Length).MaxBy(i => s_frequent.AsSpan().IndexOf(folded[i]) is var rank and >= 0 ? rank : s_frequent.Length);
            return new Form(folded, anchor);
        }

        public bool IsIn(ReadOnlySpan<byte> utf8)
        {
            var small = Folded[Anchor];
            var large = small is >= (byte)'a' and <= (byte)'z' ? (byte)(small & ~0x20) : small;
            for (var from = Anchor; from < utf8.Length;)
            {
                var found = utf8[from..].IndexOfAny(small, large);
                var start = from + found - Anchor;
                if (found < 0 || start + Folded.Length > utf8.Length)
                {
                    return false;
                }

                if (Equals(utf8.Slice(start, Folded.Length)))
                {
                    return true;
                }

                from += found + 1;
            }

            return false;
        }

        private bool Equals(ReadOnlySpan<byte> utf8)
        {
            for (var i = 0; i < utf8.Length; i++)
            {
                if (Fold(utf8[i]) != Folded[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
