using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>The agents that a section describes: one by itself, and one for each name under <c>Instances</c>.</summary>
internal static class Instances
{
    public const string Key = "Instances";

    /// <summary>The sections that describe an agent each. One that holds nothing but instances describes no agent of its own.</summary>
    public static IReadOnlyList<IConfigurationSection> Of(IConfigurationSection section)
    {
        IConfigurationSection[] named = [.. section.GetSection(Key).GetChildren()];
        return named.Length == 0 || section.GetChildren().Any(child => !child.Key.Equals(Key, StringComparison.OrdinalIgnoreCase))
            ? [section, .. named]
            : named;
    }
}
