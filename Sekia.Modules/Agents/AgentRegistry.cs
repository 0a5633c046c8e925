using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Agents;

/// <summary>The agents of this host, by name. The list does not change while it runs.</summary>
public sealed class AgentRegistry
{
    private readonly Dictionary<string, AgentEntry> _entries;

    internal AgentRegistry(IEnumerable<AgentInstance> agents, LiveOptions<AgentsOptions> options, TimeProvider clock)
    {
        _entries = new Dictionary<string, AgentEntry>(StringComparer.Ordinal);
        foreach (var (agent, settings) in agents)
        {
            if (agent.Name.Contains('.', StringComparison.Ordinal) || Subject.FaultOf(Subject.OfCommands(agent.Name)) is not null)
            {
                throw new StartFailedException($"Sekia cannot start: an agent cannot be named '{agent.Name}'. The name is one token of a subject: no dots, spaces or wildcards. Give it another name under Instances.");
            }

            var entry = new AgentEntry(agent, settings, options, clock);
            if (!_entries.TryAdd(agent.Name, entry))
            {
                throw new StartFailedException($"Sekia cannot start: two agents are named '{agent.Name}'. Give one of them another name under Instances.");
            }
        }
    }

    /// <summary>All agents, by name.</summary>
    public IReadOnlyCollection<AgentEntry> Agents => _entries.Values;

    /// <summary>That no agent has this name, and which names there are, to be read within a sentence; <c>null</c> when one has it.</summary>
    public string? AbsenceOf(string name) => _entries.ContainsKey(name)
        ? null
        : $"there is no agent '{name}'; the agents are {string.Join(", ", _entries.Keys.Order(StringComparer.Ordinal))}";

    /// <summary>The agent of this name, or <c>null</c>.</summary>
    public AgentEntry? Find(string name) => _entries.GetValueOrDefault(name);
}

/// <summary>An agent as it was registered, with the way to its settings. The host that has made it disposes it.</summary>
internal sealed record AgentInstance(IAgent Agent, Func<AgentOptions> Settings) : IDisposable
{
    public void Dispose() => (Agent as IDisposable)?.Dispose();
}
