using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Mcp;

/// <summary>Each command of each agent as a tool of its own, with the command's schema and what it does to the world.</summary>
internal static partial class CommandTools
{
    /// <summary>Those that clients may have, by the settings.</summary>
    public static IEnumerable<McpTool> All(AgentRegistry agents, CommandSending sending, McpOptions options)
    {
        if (!options.CommandTools)
        {
            return [];
        }

        return agents.Agents
            .SelectMany(entry => entry.Agent.Commands.Select(command => (entry.Name, Command: command)))
            .Where(one => options.DestructiveTools || !one.Command.Traits.HasFlag(CommandTraits.Destructive))
            .Select(one => Tool(one.Name, one.Command, sending))
            .OrderBy(tool => tool.Definition.Name, StringComparer.Ordinal)
            .DistinctBy(tool => tool.Definition.Name);
    }

    private static McpTool Tool(string agent, AgentCommand command, CommandSending sending) => new(
        new Tool
        {
            Name = NameOf(agent, command.Name),
            Description = $"{command.Description} (Command '{command.Name}' of '{agent}'.)",
            InputSchema = command.Schema,
            OutputSchema = McpJson.SchemaOf<CommandOutcome>(),
            Annotations = McpTool.AnnotationsOf(command.Traits, openWorld: true),
        },

        // Even one that only reads there is recorded here and sent with the agent's own credentials.
        AccessRole.Operate,
        async (arguments, cancellationToken) =>
        {
            var outcome = await sending.SendAsync(agent, command.Name, JsonMarshal.GetRawUtf8Value(arguments).ToArray(), cancellationToken);
            return command.Traits.HasFlag(CommandTraits.ReadOnly) ? CommandSending.ShowResult(outcome) : CommandSending.Show(outcome);
        });

    /// <summary>Names of tools are of fewer characters than those of agents may be.</summary>
    private static string NameOf(string agent, string command) => Foreign().Replace($"{agent}__{command}", "_");

    [GeneratedRegex("[^A-Za-z0-9_-]")]
    private static partial Regex Foreign();
}
