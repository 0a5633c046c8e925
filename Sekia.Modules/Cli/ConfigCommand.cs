using System.CommandLine;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Cli;

/// <summary><c>sekia config</c>: under which names settings can be given.</summary>
internal static class ConfigCommand
{
    public static Command Create()
    {
        var command = new Command("config", "Shows under which environment names settings can be given.");
        command.SetAction(parsed => Write(parsed.InvocationConfiguration.Output));
        return command;
    }

    private static void Write(TextWriter output)
    {
        output.WriteLine("Any setting can be given in appsettings.json, as the environment variable Section__Key, or as --Section:Key=value.");
        output.WriteLine("These also have a name of their own (* is a secret):");
        output.WriteLine();
        var name = EnvironmentNames.All.Max(row => row.Name.Length);
        var key = EnvironmentNames.All.Max(row => row.Key.Length);
        foreach (var row in EnvironmentNames.All)
        {
            output.WriteLine($"{(row.Secret ? '*' : ' ')} {row.Name.PadRight(name)}  {row.Key.PadRight(key)}  {row.Meaning}");
        }
    }
}
