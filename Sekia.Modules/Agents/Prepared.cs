using Microsoft.Extensions.AI;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Agents;

/// <summary>A command whose agent, name and arguments have been checked: ready to be sent.</summary>
internal sealed record Prepared(AgentCommand Method, AIFunctionArguments Arguments, CommandTraits Traits)
{
    /// <summary>Sending it a second time does no harm.</summary>
    public bool IsRepeatable => (Traits & (CommandTraits.ReadOnly | CommandTraits.Idempotent)) != 0;

    /// <summary>Checks a command against what its agent can do.</summary>
    /// <exception cref="InvalidCommandException">It does not fit; the message names each fault.</exception>
    public static Prepared From(AgentEntry entry, Command command)
    {
        var method = entry.Agent.Commands.FirstOrDefault(known => known.Name == command.Name)
            ?? throw new InvalidCommandException(entry.Agent.Commands.Count == 0
                ? $"'{entry.Name}' has no commands"
                : $"'{entry.Name}' has no command '{command.Name}'; it has {string.Join(", ", entry.Agent.Commands.Select(known => known.Name))}");
        var payload = ArgumentCheck.Parse(method.Name, command.Payload);
        var arguments = ArgumentCheck.Bind(method, payload);
        return new Prepared(method, arguments, method.DependsOnCall ? method.TraitsOf(payload) : method.Traits);
    }
}
