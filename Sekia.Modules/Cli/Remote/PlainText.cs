using System.Globalization;
using System.Text;

namespace Sekia.Modules.Cli.Remote;

/// <summary>Text of others on a terminal: without what could move its cursor, turn its letters round or do worse.</summary>
internal static class PlainText
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text with a replacement for every control character and every mark that is not seen.</summary>
    public static string Of(string text) => text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? Replaced(text, keepLines: false) : text;

    /// <summary>The same for several lines.</summary>
    public static string OfLines(string text) => Replaced(text, keepLines: true);

    private static string Replaced(string text, bool keepLines)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // Half a pair comes as the replacement already.
            plain.Append((keepLines && rune.Value == '\n') || !IsUnseen(rune) ? rune.ToString() : Replacement);
        }

        return plain.ToString();
    }

    /// <summary>Marks of direction are among the formats; the joiner makes one emoji of several.</summary>
    private static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse => true,
        UnicodeCategory.Format => rune.Value != 0x200D,
        _ => false,
    };
}

/// <summary>Lets nothing through to a terminal but plain text and line ends, whoever writes.</summary>
internal sealed class PlainWriter(TextWriter output) : TextWriter(CultureInfo.InvariantCulture)
{
    public override Encoding Encoding => output.Encoding;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value) => output.Write(value is null ? null : PlainText.OfLines(value));

    public override void WriteLine(string? value)
    {
        Write(value);
        output.Write('\n');
    }

    public override void Flush() => output.Flush();
}
