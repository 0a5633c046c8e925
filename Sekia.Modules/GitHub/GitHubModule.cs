using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;
using Sekia.Modules.GitHub.Deliveries;
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
        var accounts = services.AddAgents<GitHubOptions>(section, GitHubOptions.AgentName, (provider, name, options) =>
            new GitHubAgent(
                name, options, ClientOf(provider, name), provider.GetRequiredService<TimeProvider>(),
                () => ActivatorUtilities.CreateInstance<Poller>(provider, name, ClientOf(provider, name), options)));
        foreach (var (name, options) in accounts)
        {
            // One for all that an account does: GitHub counts it together.
            services.AddKeyedSingleton(name, (provider, _) => new GitHubClient(
                provider.GetRequiredService<IHttpClientFactory>(), options, GitHubOptions.TokenSetting(name), provider.GetRequiredService<TimeProvider>()));
            if (options.Current.Heal.Repos.Count > 0)
            {
                services.AddSource(provider => ActivatorUtilities.CreateInstance<Healer>(provider, name, options, ClientOf(provider, name)));
            }
        }

        services.AddSingleton<UnsignedDeliveries>();
        services.AddSingleton<GitHubWebhook>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes) => GitHubRoutes.Map(routes);

    private static GitHubClient ClientOf(IServiceProvider provider, string account) => provider.GetRequiredKeyedService<GitHubClient>(account);
}
