using System.Text.Encodings.Web;

namespace Sekia.Modules.Dashboard.Parts;

/// <summary>How much JSON a page still shows: however much there is, the page stays light.</summary>
public sealed class PageSpace
{
    /// <summary>Of one JSON, in bytes of its text.</summary>
    private const int EachBytes = 4 * 1024;

    /// <summary>Something is shown of each, so that nothing looks empty.</summary>
    private const int LeastBytes = 64;

    private int _left = 72 * 1024;

    /// <summary>What the next may take.</summary>
    internal int Next => Math.Clamp(_left, LeastBytes, EachBytes);

    /// <summary>Counts what was shown, as long as it is in HTML.</summary>
    internal void Take(string text) => _left -= HtmlEncoder.Default.Encode(text).Length;
}
