using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub.Deliveries;

/// <summary>Where deliveries come in. With the module switched off, the first address is that of a webhook like any other.</summary>
internal static class GitHubRoutes
{
    private const string Main = "/webhooks/github";

    /// <summary>The address at the Go original, so that webhooks that are set up for it need no change.</summary>
    private const string Original = "/webhook";

    private const string Named = "/webhooks/github/{instance}";

    private static readonly RouteDescription s_description = new("Takes a delivery of a GitHub webhook, proved by its signature")
    {
        Status = StatusCodes.Status202Accepted,
        Refusals = [400, 404, 413, 503],
    };

    /// <summary>Whether an address that GitHub knows may lead to an account here, as far as its path tells.</summary>
    public static bool LeadsTo(string agent, Uri address)
    {
        var path = address.AbsolutePath.TrimEnd('/');
        string[] routes = agent == GitHubOptions.AgentName ? [Main, Original] : [$"{Main}/{Uri.EscapeDataString(agent)}"];
        return Array.Exists(routes, route => path.EndsWith(route, StringComparison.OrdinalIgnoreCase));
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var route in (string[])[Main, Original])
        {
            routes.MapPost(route, (HttpRequest request, GitHubWebhook webhook, CancellationToken cancellationToken) =>
                webhook.ReceiveAsync(GitHubOptions.AgentName, request, cancellationToken))
                .WithMetadata(s_description);
        }

        routes.MapPost(Named, (string instance, HttpRequest request, GitHubWebhook webhook, CancellationToken cancellationToken) =>
            webhook.ReceiveAsync(instance, request, cancellationToken))
            .WithMetadata(s_description);
        foreach (var route in (string[])[Main, Original, Named])
        {
            routes.Map(route, (HttpResponse response) =>
            {
                response.Headers.Allow = HttpMethods.Post;
                return TypedResults.Problem("GitHub sends its deliveries with POST.", statusCode: StatusCodes.Status405MethodNotAllowed);
            });
        }
    }
}
