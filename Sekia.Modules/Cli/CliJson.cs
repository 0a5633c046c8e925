using System.Text.Encodings.Web;
using System.Text.Json;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli;

/// <summary>How the command line shows JSON: for a terminal, not for a page.</summary>
internal static class CliJson
{
    /// <summary>How answers of a host are read.</summary>
    public static JsonDocumentOptions Answers { get; } = new() { MaxDepth = JsonText.MaxAnswerDepth };

    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = JsonText.MaxAnswerDepth };

    /// <summary>The same over several lines.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Plain) { WriteIndented = true };
}
