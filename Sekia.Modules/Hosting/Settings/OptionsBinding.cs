using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Ties a configuration section to an options class, so that all sections can be checked and reloaded together.</summary>
internal abstract class OptionsBinding(Type optionsType, string path, IReadOnlyCollection<string> except)
{
    /// <summary>The section's key.</summary>
    public string Path { get; } = path;

    /// <summary>The keys in the section that are spoken for: the settings of the class, and those it leaves to others.</summary>
    public IEnumerable<string> Keys => OptionsShape.SettingsOf(optionsType).Select(setting => setting.Name).Concat(except);

    /// <summary>Fills a fresh object; what is wrong with it is in the reader.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="reader">Collects faults and secrets.</param>
    /// <param name="othersKeys">Keys in the section that other bindings claim.</param>
    public object Read(IConfiguration configuration, OptionsReader reader, IEnumerable<string> othersKeys) =>
        reader.ReadObject(optionsType, configuration.GetSection(Path), [.. except, .. othersKeys]);

    /// <summary>Puts a freshly read object in the place of the current one. Settings that need a restart keep their value.</summary>
    public abstract IReadOnlyList<SettingChange> Take(object fresh);
}

/// <inheritdoc cref="OptionsBinding"/>
internal sealed class OptionsBinding<TOptions> : OptionsBinding
    where TOptions : class, new()
{
    public OptionsBinding(IConfigurationSection section, IReadOnlyCollection<string> except)
        : base(typeof(TOptions), section.Path, except) =>
        Live = new LiveOptions<TOptions>((TOptions)new OptionsReader().ReadObject(typeof(TOptions), section, except));

    public LiveOptions<TOptions> Live { get; }

    public override IReadOnlyList<SettingChange> Take(object fresh)
    {
        var changes = OptionsDifference.Merge(Live.Current, fresh, Path);
        Live.Current = (TOptions)fresh;
        return changes;
    }
}
