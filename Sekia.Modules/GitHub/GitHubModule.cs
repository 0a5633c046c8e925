using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Healing;
using Sekia.Modules.GitHub.Polling;

namespace Sekia.Modules.GitHub;

/// <summary>GitHub: its webhook deliveries become events, and what workflows ask of it are commands.</summary>
public sealed class GitHubModule : IModule
{
    public string Name => "GitHub";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        GitHubConnections.Add(services);
        var accounts = services.AddAgents<GitHubOptions>(section, GitHubAccount.MainAgent, (provider, name, options) =>
            new GitHubAgent(
                name, options, provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<TimeProvider>(),
                github => ActivatorUtilities.CreateInstance<Poller>(provider, name, github, options)));
        foreach (var (name, options) in accounts.Where(account => account.Options.Current.Heal.Repos.Count > 0))
        {
            services.AddSource(provider => ActivatorUtilities.CreateInstance<Healer>(provider, name, options));
        }

        services.AddSingleton<UnsignedDeliveries>();
        services.AddSingleton<GitHubWebhook>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes) => GitHubRoutes.Map(routes);
}
