using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>All settings as they are in effect.</summary>
/// <param name="Settings">By key.</param>
/// <param name="PendingRestart">The keys, also of whole lists, whose values were changed since the host started and count when it is started anew.</param>
internal sealed record SettingsView(IReadOnlyList<SettingView> Settings, IReadOnlyList<string> PendingRestart)
{
    /// <summary>Whether a setting, or the list that it is in, has another value that waits for a restart.</summary>
    public bool IsPending(SettingView setting) => IsAmong(PendingRestart, setting.Key);

    /// <summary>Whether a setting is one of those with these keys, or inside one.</summary>
    public static bool IsAmong(IEnumerable<string> keys, string setting) => keys.Any(key =>
        setting.StartsWith(key, StringComparison.OrdinalIgnoreCase) && (setting.Length == key.Length || setting[key.Length] == ':'));
}

/// <summary>One setting.</summary>
/// <param name="Key">The full key.</param>
/// <param name="Value">As it would be written; <c>null</c> when there is none, of a secret, and of what nobody knows: it may be a secret that is misspelt.</param>
/// <param name="Origin">
/// Where it was made: <c>default</c>, <c>appsettings.json</c>, an environment variable, the command line; <c>as at the start</c> where another value waits for a restart.
/// </param>
/// <param name="Secret">Whether the value is not shown.</param>
/// <param name="IsSet">Whether there is a value.</param>
/// <param name="Reloadable">Whether a change takes effect while the host runs.</param>
/// <param name="Fault">What is wrong with it, and what to do; <c>null</c> when nothing is.</param>
internal sealed record SettingView(string Key, string? Value, string Origin, bool Secret, bool IsSet, bool Reloadable, string? Fault);

/// <summary>How settings are shown, by the API and by the command line.</summary>
[JsonSerializable(typeof(SettingsView))]
internal sealed partial class SettingsJson : JsonSerializerContext
{
    public static SettingsJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static JsonHttpResult<SettingsView> Answer(SettingsView settings) => TypedResults.Json(settings, Readable.SettingsView);
}
