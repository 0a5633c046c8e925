namespace Sekia.Modules.Cli.Bench;

/// <summary>The settings of the measured hosts. The environment may hold those of a real one, whose journal must not be touched.</summary>
internal static class BenchSettings
{
    /// <param name="directory">The content root, which is thrown away afterwards.</param>
    /// <param name="listen">Address and port.</param>
    public static string[] In(string directory, string listen) =>
    [
        $"--contentRoot={directory}",
        $"--Host:Listen={listen}",
        "--Host:Socket=",
        "--Webhooks:Listen=",
        "--Webhooks:RequireKnown=false",
        $"--Journal:Path={Path.Combine(directory, "sekia.db")}",
        "--Journal:Mode=Durable",
        "--Agents:DryRun=false",
        $"--Workflows:Directory={Path.Combine(directory, "workflows")}",
        "--Workflows:VerifyIntegrity=false",
        "--Dashboard:Username=",
        "--Dashboard:Password=",
        $"--Logs:Path={Path.Combine(directory, "sekia-.log")}",
        "--Logs:Console=false",
    ];
}
