using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Brings the variables of <see cref="EnvironmentNames"/> into the configuration under our keys.</summary>
/// <param name="environment">The environment variables.</param>
internal sealed class EnvironmentNamesSource(IConfiguration environment) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new EnvironmentNamesProvider(environment);
}

/// <inheritdoc cref="EnvironmentNamesSource"/>
internal sealed class EnvironmentNamesProvider(IConfiguration environment) : ConfigurationProvider
{
    public override void Load() => Data = EnvironmentNames.All
        .Where(row => !string.IsNullOrEmpty(environment[row.Name]))
        .ToDictionary(row => row.Key, row => environment[row.Name], StringComparer.OrdinalIgnoreCase);
}
