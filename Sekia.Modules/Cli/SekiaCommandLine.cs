using System.CommandLine;
using System.Text.RegularExpressions;
using Sekia.Modules.Cli.Bench;
using Sekia.Modules.Cli.Demo;
using Sekia.Modules.Cli.Mcp;
using Sekia.Modules.Cli.Remote;

namespace Sekia.Modules.Cli;

/// <summary>The commands of the program. Without one it serves.</summary>
internal static partial class SekiaCommandLine
{
    public static Task<int> RunAsync(string[] args, IReadOnlyList<IModule> modules)
    {
        // Settings look like options and are not ours to know.
        string[] settings = [.. args.Where(arg => Setting().IsMatch(arg))];
        return CommandsOf(settings, modules)
            .Parse([.. args.Except(settings)])
            .InvokeAsync(new InvocationConfiguration
            {
                // The host handles signals itself and has a longer limit; nothing may hide a bug's stack.
                ProcessTerminationTimeout = null,
                EnableDefaultExceptionHandler = false,
            });
    }

    private static RootCommand CommandsOf(string[] settings, IReadOnlyList<IModule> modules)
    {
        var host = new HostOptions(settings);
        var remote = new RemoteCommand(host);
        var root = new RootCommand("Listens to the services a team works in, runs its Lua workflows, and carries out what they ask for.")
        {
            BenchCommand.Create(modules, host.Json),
            ConfigCommand.Create(),
            DemoCommand.Create(settings, modules, host),
            StatusCommands.Status(remote),
            StatusCommands.Agents(remote),
            WorkflowsCommands.Create(remote, host),
            EventsCommands.Create(remote),
            EventsCommands.Why(remote),
            CommandsCommands.Create(remote),
            FailuresCommands.Create(remote),
            SkillsCommands.Create(remote),
            TokenCommand.Create(settings),
            McpCommand.Create(host),
        };
        root.Options.Add(host.Url);
        root.Options.Add(host.Socket);
        root.Options.Add(host.Json);
        root.SetAction((parsed, _) => Serving.RunAsync(settings, modules, parsed.InvocationConfiguration.Error));
        return root;
    }

    /// <summary>
    /// <c>--Section:Key=value</c>, and what tests and tools pass to any .NET host: three keys of its own, and sections without a value.
    /// </summary>
    [GeneratedRegex("^--([^=:]+:[^=]+=|[^=:]+=$|(environment|contentRoot|applicationName)=)", RegexOptions.IgnoreCase)]
    private static partial Regex Setting();
}
