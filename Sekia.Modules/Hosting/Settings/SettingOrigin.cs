using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Says where a setting was made, so that nobody has to search for it.</summary>
internal static class SettingOrigin
{
    /// <summary>For example "appsettings.json" or "environment variable GITHUB_TOKEN"; <c>null</c> when the setting was not made anywhere.</summary>
    public static string? Of(IConfigurationRoot configuration, string key) =>
        configuration.Providers.Reverse().FirstOrDefault(provider => Has(provider, key)) switch
        {
            JsonConfigurationProvider file => file.Source.Path,
            EnvironmentNamesProvider => $"environment variable {EnvironmentNames.All.FirstOrDefault(row => Is(row.Key, key))?.Name}",
            EnvironmentVariablesConfigurationProvider => $"environment variable {key.Replace(":", "__", StringComparison.Ordinal)}",
            CommandLineConfigurationProvider => $"command line --{key}",
            _ => null,
        };

    private static bool Has(IConfigurationProvider provider, string key) =>
        provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any();

    private static bool Is(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
