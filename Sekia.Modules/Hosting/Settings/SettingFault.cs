namespace Sekia.Modules.Hosting.Settings;

/// <summary>One thing that is wrong with the settings.</summary>
/// <param name="Key">The full key, for example <c>GitHub:Token</c>.</param>
/// <param name="Text">What is wrong and what to do, without the key and without any secret.</param>
internal sealed record SettingFault(string Key, string Text);
