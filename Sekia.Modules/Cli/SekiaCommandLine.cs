using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using Sekia.Modules.Cli.Bench;
using Sekia.Modules.Cli.Completion;
using Sekia.Modules.Cli.Config;
using Sekia.Modules.Cli.Demo;
using Sekia.Modules.Cli.Mcp;
using Sekia.Modules.Cli.Remote;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Cli;

/// <summary>The commands of the program. Without one it serves.</summary>
internal static partial class SekiaCommandLine
{
    /// <summary>An argument that begins with <c>@</c> is meant as it is, and names no file with more of them.</summary>
    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null };

    public static Task<int> RunAsync(string[] args, IReadOnlyList<IModule> modules)
    {
        // Settings look like options and are not ours to know.
        string[] settings = [.. args.Where(arg => Setting().IsMatch(arg))];
        return StandardStreams.RunAsync(async (output, error) =>
        {
            var parsed = CommandsOf(settings, modules).Parse(PlacesLast([.. args.Where(arg => !Setting().IsMatch(arg))]), s_parsing);
            return ParseFaults.Write(parsed, error) ? HostFaultException.Refused : await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,

                // The host handles signals itself and has a longer limit; nothing may hide a bug's stack.
                ProcessTerminationTimeout = null,
                EnableDefaultExceptionHandler = false,
            });
        });
    }

    /// <summary>All of them, with what they take.</summary>
    internal static RootCommand CommandsOf(string[] settings, IReadOnlyList<IModule> modules)
    {
        var host = new HostOptions(settings);
        var remote = new RemoteCommand(host);
        var root = new RootCommand("Listens to the services a team works in, runs its Lua workflows, and carries out what they ask for.")
        {
            BenchCommand.Create(modules, host.Json),
            CompletionCommand.Create(),
            ConfigCommand.Create(settings, modules, remote, host),
            DemoCommand.Create(settings, modules, host),
            StatusCommands.Status(remote),
            StatusCommands.Agents(remote),
            WorkflowsCommands.Create(remote, host),
            EventsCommands.Create(remote),
            EventsCommands.Why(remote),
            CommandsCommands.Create(remote),
            FailuresCommands.Create(remote),
            SkillsCommands.Create(remote),
            TokenCommand.Create(settings, host.Json),
            McpCommand.Create(host),
        };
        // What is asked for on Windows is offered as a path by the shells of others.
        var help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Remove("/h");
        help.Aliases.Remove("/?");
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        root.SetAction((parsed, _) => Serving.RunAsync(settings, modules, parsed.InvocationConfiguration.Error));
        return root;
    }

    /// <summary>Where to ask, and how to answer, may stand before the command too.</summary>
    private static string[] PlacesLast(string[] args)
    {
        var end = 0;
        while (end < args.Length && Place().Match(args[end]) is { Success: true } place)
        {
            end += place.Groups["apart"].Success ? 2 : 1;
        }

        return end == 0 || end >= args.Length ? args : [.. args[end..], .. args[..end]];
    }

    /// <summary>
    /// <c>--Section:Key=value</c>, and what tests and tools pass to any .NET host: three keys of its own, and sections without a value.
    /// </summary>
    [GeneratedRegex("^--(?!(url|socket|json)=)([^=:]+:[^=]+=|[^=:]+=$|(environment|contentRoot|applicationName)=)", RegexOptions.IgnoreCase)]
    private static partial Regex Setting();

    [GeneratedRegex("^--(json|(url|socket)(=.*|(?<apart>)))$")]
    private static partial Regex Place();

    private sealed class VersionAction : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(HostVersion.Text);
            return 0;
        }
    }
}
