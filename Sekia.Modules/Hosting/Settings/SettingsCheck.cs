using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.Json;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>A rule that spans several sections. Returns what is wrong.</summary>
internal delegate IEnumerable<SettingFault> SettingsRule(IConfiguration configuration);

/// <summary>
/// What a check found: fresh options for each binding, everything that is wrong with them, the same in sentences, the secrets among them, and the keys
/// under which agents have come or gone.
/// </summary>
internal sealed record CheckedSettings(
    IReadOnlyList<(OptionsBinding Binding, object Options)> Read,
    IReadOnlyList<SettingFault> Found,
    IReadOnlyList<string> Faults,
    IReadOnlyList<string> Secrets,
    IReadOnlyList<string> OtherAgents)
{
    /// <summary>What is not as it is in effect, and takes a restart to be: as a reload would tell it.</summary>
    public IReadOnlyList<string> PendingRestart() =>
        [.. Read.SelectMany(read => read.Binding.Changes(read.Options)).Where(change => !change.Taken).Select(change => change.Key).Concat(OtherAgents).Distinct().Order(StringComparer.OrdinalIgnoreCase)];
}

/// <summary>Checks the settings of all modules at once.</summary>
/// <param name="bindings">All sections that somebody reads.</param>
/// <param name="knownSections">Sections besides those of the bindings.</param>
/// <param name="disabledSections">Sections of modules that are off: nothing in them is checked for its name.</param>
/// <param name="rules">What no single section can tell.</param>
internal sealed class SettingsCheck(
    IReadOnlyList<OptionsBinding> bindings,
    IReadOnlyCollection<string> knownSections,
    IReadOnlyCollection<string> disabledSections,
    IReadOnlyList<SettingsRule> rules)
{
    /// <summary>What the generic host itself takes from the command line, and what editors put into JSON files.</summary>
    private static readonly string[] s_hostKeys = ["environment", "contentRoot", "applicationName", "$schema"];

    /// <summary>All sections that somebody reads.</summary>
    public IReadOnlyList<OptionsBinding> Bindings => bindings;

    public CheckedSettings Check(IConfigurationRoot configuration)
    {
        var reader = new OptionsReader();
        var faults = UnknownSections(configuration).ToList();
        var read = new List<(OptionsBinding, object)>();
        foreach (var binding in bindings.Where(binding => !binding.IsGone(configuration)))
        {
            read.Add((binding, binding.Read(configuration, reader, OthersKeys(binding, configuration))));
        }

        faults.AddRange(reader.Faults);
        faults.AddRange(MisplacedValues(configuration));
        faults.AddRange(rules.SelectMany(rule => rule(configuration)));
        var secrets = reader.Secrets.Concat(EnvironmentNames.All.Where(row => row.Secret).Select(row => configuration[row.Key]).OfType<string>());
        var otherAgents = bindings.Where(binding => binding.HasOtherAgents(configuration)).Select(binding => $"{binding.Path}:{Instances.Key}");
        SettingFault[] found = [.. faults.Distinct()];
        return new CheckedSettings(read, found, [.. found.Select(fault => Line(configuration, fault))], [.. secrets], [.. otherAgents]);
    }

    /// <summary>One message about all faults.</summary>
    public static string Summary(string headline, IReadOnlyList<string> faults) =>
        $"{headline}: {(faults.Count == 1 ? "one setting is wrong" : $"{faults.Count} settings are wrong")}.{Environment.NewLine}"
        + string.Concat(faults.Select(fault => $"{Environment.NewLine}  - {fault}"));

    private IEnumerable<string> OthersKeys(OptionsBinding binding, IConfiguration configuration)
    {
        var sameSection = bindings.Where(other => other != binding && Is(other.Path, binding.Path)).SelectMany(other => other.Keys);
        return disabledSections.Contains(binding.Path, StringComparer.OrdinalIgnoreCase)
            ? sameSection.Concat(configuration.GetSection(binding.Path).GetChildren().Select(child => child.Key))
            : sameSection;
    }

    /// <summary>Only files and the command line are meant for us alone; the environment holds everything.</summary>
    private IEnumerable<SettingFault> UnknownSections(IConfigurationRoot configuration)
    {
        string[] known = [.. knownSections, .. bindings.Select(binding => binding.Path.Split(':')[0])];
        return configuration.Providers
            .Where(provider => provider is JsonConfigurationProvider or CommandLineConfigurationProvider)
            .SelectMany(provider => provider.GetChildKeys([], null))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Except([.. known, .. s_hostKeys], StringComparer.OrdinalIgnoreCase)
            .Select(name => SettingFault.Unknown("section", name, name, known));
    }

    /// <summary>A section must not be a single value, unless the environment has a variable of its name for a purpose of its own, as with MAIL.</summary>
    private IEnumerable<SettingFault> MisplacedValues(IConfigurationRoot configuration) =>
        from path in bindings.Select(binding => binding.Path).Distinct(StringComparer.OrdinalIgnoreCase)
        where !string.IsNullOrEmpty(configuration[path])
            && configuration.Providers.Any(provider =>
                provider is JsonConfigurationProvider or CommandLineConfigurationProvider && provider.TryGet(path, out _))
        select new SettingFault(path, "must hold further settings, not a single value.");

    private static string Line(IConfigurationRoot configuration, SettingFault fault) =>
        SettingOrigin.Of(configuration, fault.Key) is { } origin
            ? $"{fault.Key} ({origin}): {fault.Text}"
            : $"{fault.Key}: {fault.Text}";

    private static bool Is(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
