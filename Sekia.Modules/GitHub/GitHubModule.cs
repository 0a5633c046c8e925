using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Polling;

namespace Sekia.Modules.GitHub;

/// <summary>GitHub: its webhook deliveries become events, and what workflows ask of it are commands.</summary>
public sealed class GitHubModule : IModule
{
    /// <summary>Where deliveries come in: ours, and that of the Go original.</summary>
    private static readonly string[] s_mainRoutes = ["/webhooks/github", "/webhook"];

    private const string InstanceRoute = "/webhooks/github/{instance}";

    public string Name => "GitHub";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        GitHubConnections.Add(services);
        services.AddAgents<GitHubOptions>(section, GitHubAccount.MainAgent, (provider, name, options) =>
            new GitHubAgent(
                name, options, provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<TimeProvider>(),
                github => ActivatorUtilities.CreateInstance<Poller>(provider, name, github, options)));
        services.AddSingleton<UnsignedDeliveries>().AddSingleton<GitHubWebhook>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        foreach (var route in s_mainRoutes)
        {
            routes.MapPost(route, (HttpRequest request, GitHubWebhook webhook, CancellationToken cancellationToken) =>
                webhook.ReceiveAsync(GitHubAccount.MainAgent, request, cancellationToken));
        }

        routes.MapPost(InstanceRoute, (string instance, HttpRequest request, GitHubWebhook webhook, CancellationToken cancellationToken) =>
            webhook.ReceiveAsync(instance, request, cancellationToken));
        foreach (var route in s_mainRoutes.Append(InstanceRoute))
        {
            routes.Map(route, (HttpResponse response) =>
            {
                response.Headers.Allow = HttpMethods.Post;
                return TypedResults.Problem("GitHub sends its deliveries with POST.", statusCode: StatusCodes.Status405MethodNotAllowed);
            });
        }
    }
}
