using System.Reflection;

namespace Sekia.Modules.Hosting;

/// <summary>The version of this build, for example <c>0.1.0</c>.</summary>
public static class HostVersion
{
    public static string Text { get; } =
        typeof(HostVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
