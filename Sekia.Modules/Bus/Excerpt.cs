namespace Sekia.Modules.Bus;

/// <summary>A text from outside, made fit for a message.</summary>
internal static class Excerpt
{
    private const int MaxLength = 80;

    /// <summary>Its beginning, without what could break a log line or a terminal.</summary>
    public static string Of(string text)
    {
        var cut = text.Length > MaxLength ? text[..MaxLength] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c));
    }
}
