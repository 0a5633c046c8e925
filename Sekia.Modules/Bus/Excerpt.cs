using System.Text;

namespace Sekia.Modules.Bus;

/// <summary>A text from outside, made fit for a message.</summary>
internal static class Excerpt
{
    private const int MaxLength = 80;

    /// <summary>Its beginning, without what could break a log line or a terminal.</summary>
    public static string Of(string text)
    {
        // Not through the middle of a character that takes two.
        var end = text.Length <= MaxLength ? text.Length : MaxLength - (char.IsHighSurrogate(text[MaxLength - 1]) ? 1 : 0);
        var shown = new StringBuilder(end + 1);
        foreach (var rune in text.AsSpan(0, end).EnumerateRunes())
        {
            shown.Append(Rune.IsControl(rune) ? "\uFFFD" : rune.ToString());
        }

        return (end < text.Length ? shown.Append('…') : shown).ToString();
    }
}
