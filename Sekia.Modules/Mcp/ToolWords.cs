using System.Text.RegularExpressions;

namespace Sekia.Modules.Mcp;

/// <summary>The sentences of the API for assistants: they have tools, and cannot ask the addresses that those sentences name.</summary>
internal static partial class ToolWords
{
    /// <summary>The sentence with the tool in the place of each address that one stands for.</summary>
    public static string In(string sentence) => Listing().Replace(sentence, match => match.Groups["what"].Value switch
    {
        // The commands that somebody can decide about are among the failures.
        "commands" or "failures" => "list_failures",
        var what => $"list_{what}",
    });

    [GeneratedRegex(@"GET /api/v1/(?<what>agents|commands|events|failures|workflows)\b(?!/)")]
    private static partial Regex Listing();
}
