using Sekia.Modules.Hosting;

namespace Sekia.Modules.Agents;

/// <summary>Says at the start which agents there are, and which of them send nothing and why.</summary>
internal sealed class AgentsBanner(AgentRegistry registry) : IBannerSource
{
    public IEnumerable<string> BannerLines()
    {
        yield return $"agents      {string.Join(", ", registry.Agents.Select(entry => entry.Name).Order(StringComparer.Ordinal))}";
        foreach (var entry in registry.Agents.Where(entry => entry.Agent.Commands.Count > 0 && entry.DryRunBecause is not null))
        {
            yield return $"dry run     {entry.Name}: {entry.DryRunBecause}";
        }
    }
}
