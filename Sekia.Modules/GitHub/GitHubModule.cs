using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;

namespace Sekia.Modules.GitHub;

/// <summary>GitHub: its webhook deliveries become events, and what workflows ask of it are commands.</summary>
public sealed class GitHubModule : IModule
{
    public string Name => "GitHub";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        GitHubConnections.Add(services);
        services.AddAgents<GitHubOptions>(section, GitHubOptions.AgentName, (provider, name, options) =>
            new GitHubAgent(name, options, provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<TimeProvider>()));
    }
}
