namespace Sekia.Modules.Hosting.Settings;

/// <summary>One thing that is wrong with the settings.</summary>
/// <param name="Key">The full key, for example <c>GitHub:Token</c>.</param>
/// <param name="Text">What is wrong and what to do, without the key and without any secret.</param>
internal sealed record SettingFault(string Key, string Text)
{
    /// <summary>A key or a section that nobody knows.</summary>
    /// <param name="kind">"setting" or "section".</param>
    /// <param name="key">The full key.</param>
    /// <param name="name">Its last part, as written.</param>
    /// <param name="known">What could have been meant.</param>
    public static SettingFault Unknown(string kind, string key, string name, IEnumerable<string> known) =>
        new(key, $"there is no such {kind}.{(Spelling.Closest(name, known) is { } nearest ? $" Did you mean '{nearest}'?" : "")}");
}
