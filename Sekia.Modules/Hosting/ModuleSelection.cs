using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Hosting;

/// <summary>Which modules take part, in start order.</summary>
internal sealed record ModuleSelection(IReadOnlyList<IModule> Enabled, IReadOnlyList<IModule> Disabled)
{
    /// <summary>Reads <c>&lt;Name&gt;:Enabled</c> of each. A value that is neither true nor false is reported by the settings check.</summary>
    public static ModuleSelection Of(IReadOnlyList<IModule> modules, IConfiguration configuration)
    {
        var off = modules.Where(module => IsOff(configuration[$"{module.Name}:{nameof(ModuleOptions.Enabled)}"])).ToList();
        return new ModuleSelection([.. modules.Except(off)], off);
    }

    /// <summary>What is wrong with the selection itself.</summary>
    public IEnumerable<SettingFault> FaultsIn(IConfiguration configuration) => Disabled.Where(module => module.IsRequired).Select(module =>
        new SettingFault($"{module.Name}:{nameof(ModuleOptions.Enabled)}", $"{module.Name} cannot be switched off: the other modules stand on it. Remove this setting."));

    private static bool IsOff(string? enabled) => enabled is not null && SettingText.Parse(typeof(bool), enabled) is false;
}
