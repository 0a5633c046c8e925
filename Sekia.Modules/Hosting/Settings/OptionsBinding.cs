using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Ties a configuration section to an options class, so that all sections can be checked and reloaded together.</summary>
internal abstract class OptionsBinding(Type optionsType, IConfigurationSection section, IReadOnlyCollection<string> except)
{
    /// <summary>The agents of the section when the host was built.</summary>
    private readonly string[] _agents = [.. Instances.Of(section).Select(agent => agent.Path)];
    private readonly bool _hasInstances = except.Contains(Instances.Key);

    /// <summary>Of an instance: where the key of the section that it belongs to ends.</summary>
    private readonly int _owner = section.Path.IndexOf($":{Instances.Key}:", StringComparison.OrdinalIgnoreCase);

    /// <summary>The section's key.</summary>
    public string Path { get; } = section.Path;

    /// <summary>The object with the settings that are in effect.</summary>
    public abstract object Current { get; }

    /// <summary>The keys in the section that are spoken for: the settings of the class, and those it leaves to others.</summary>
    public IEnumerable<string> Keys => OptionsShape.SettingsOf(optionsType).Select(setting => setting.Name).Concat(except);

    /// <summary>Whether the section describes other agents than at the start. Agents come and go with a restart only.</summary>
    public bool HasOtherAgents(IConfiguration configuration) =>
        _hasInstances && !_agents.ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(AgentsIn(configuration, Path));

    /// <summary>
    /// Whether the agent of this binding is no longer described. Read all the same it would have defaults, and an agent that was to
    /// send nothing would begin to send.
    /// </summary>
    public bool IsGone(IConfiguration configuration) =>
        (_hasInstances || _owner > 0)
        && !AgentsIn(configuration, _owner > 0 ? Path[.._owner] : Path).Contains(Path, StringComparer.OrdinalIgnoreCase);

    /// <summary>Fills a fresh object; what is wrong with it is in the reader.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="reader">Collects faults and secrets.</param>
    /// <param name="othersKeys">Keys in the section that other bindings claim.</param>
    public object Read(IConfiguration configuration, OptionsReader reader, IEnumerable<string> othersKeys) =>
        reader.ReadObject(optionsType, configuration.GetSection(Path), [.. except, .. othersKeys]);

    /// <summary>Lists what is not as in a freshly read object, which gets back the values of the settings that need a restart.</summary>
    public IReadOnlyList<SettingChange> Changes(object fresh) => OptionsDifference.Merge(Current, fresh, Path);

    /// <summary>Puts a freshly read object in the place of the current one. Settings that need a restart keep their value.</summary>
    public abstract IReadOnlyList<SettingChange> Take(object fresh);

    private static IEnumerable<string> AgentsIn(IConfiguration configuration, string path) =>
        Instances.Of(configuration.GetSection(path)).Select(agent => agent.Path);
}

/// <inheritdoc cref="OptionsBinding"/>
internal sealed class OptionsBinding<TOptions> : OptionsBinding
    where TOptions : class, new()
{
    public OptionsBinding(IConfigurationSection section, IReadOnlyCollection<string> except)
        : base(typeof(TOptions), section, except) =>
        Live = new LiveOptions<TOptions>((TOptions)new OptionsReader().ReadObject(typeof(TOptions), section, except));

    public LiveOptions<TOptions> Live { get; }

    public override object Current => Live.Current;

    public override IReadOnlyList<SettingChange> Take(object fresh)
    {
        var changes = Changes(fresh);
        Live.Current = (TOptions)fresh;
        return changes;
    }
}
