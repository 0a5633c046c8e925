using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;

namespace Sekia.Modules.GitHub;

/// <summary>GitHub: its webhook deliveries become events, and what workflows ask of it are commands.</summary>
public sealed class GitHubModule : IModule
{
    public string Name => "GitHub";

    public void AddServices(IServiceCollection services, IConfigurationSection section) =>
        services.AddAgents<GitHubOptions>(section, "github-agent", (_, name, options) => new GitHubAgent(name, options));
}
