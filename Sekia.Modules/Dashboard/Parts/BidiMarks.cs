using System.Buffers;
using System.Globalization;

namespace Sekia.Modules.Dashboard.Parts;

/// <summary>Marks that turn the direction of a text are shown as what they are: a payload must not read otherwise than it is written.</summary>
internal static class BidiMarks
{
    private static readonly SearchValues<char> s_marks = SearchValues.Create("\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069");

    public static string Shown(string text) => text.AsSpan().ContainsAny(s_marks)
        ? string.Concat(text.Select(c => s_marks.Contains(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}") : c.ToString()))
        : text;
}
