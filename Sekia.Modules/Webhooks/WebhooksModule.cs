using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Webhooks;

/// <summary><c>POST /webhooks/{name}</c>: any JSON that a service sends becomes an event.</summary>
public sealed class WebhooksModule : IModule
{
    private const string Route = "/webhooks/{name}";

    public string Name => "Webhooks";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        services.AddModuleOptions<WebhooksOptions>(section);
        services.AddSource(_ => new WebhookAgent());
        services.AddSingleton<WebhookEndpoint>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Route, (string name, HttpRequest request, WebhookEndpoint endpoint, CancellationToken cancellationToken) =>
            endpoint.ReceiveAsync(name, request, cancellationToken))
            .WithMetadata(new RouteDescription("Takes any JSON as an event webhook.received") { Status = StatusCodes.Status202Accepted, Refusals = [400, 404, 413, 415, 503] });
        routes.Map(Route, (HttpResponse response) =>
        {
            response.Headers.Allow = HttpMethods.Post;
            return TypedResults.Problem("A webhook is sent with POST, and its body is JSON.", statusCode: StatusCodes.Status405MethodNotAllowed);
        });
    }
}
