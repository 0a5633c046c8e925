using Microsoft.AspNetCore.Routing;
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
        services.AddSingleton<UnsignedDeliveries>();
        services.AddSingleton<GitHubWebhook>();
        services.AddAgents<GitHubOptions>(section, GitHubAccount.MainAgent, (_, name, options) => new GitHubAgent(name, options));
    }

    public void MapEndpoints(IEndpointRouteBuilder routes) => GitHubRoutes.Map(routes);
}
