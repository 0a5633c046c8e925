using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sekia.Modules.Cli;

/// <summary>How the command line shows JSON: for a terminal, not for a page.</summary>
internal static class CliJson
{
    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The same over several lines.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Plain) { WriteIndented = true };
}
