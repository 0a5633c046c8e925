using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Gives a refusal without a body the sentence that helps on: which paths there are, or which methods.</summary>
internal static class EmptyAnswers
{
    public static Task FillAsync(StatusCodeContext answer)
    {
        var context = answer.HttpContext;
        return Problem.WriteAsync(context, context.Response.StatusCode, context.Response.StatusCode switch
        {
            // Whoever sends webhooks may come from anywhere.
            StatusCodes.Status404NotFound when WebhooksOnly.IsWebhook(context.Request.Path) => "A webhook is POST /webhooks/<name>.",
            StatusCodes.Status404NotFound => $"There is nothing at this path. The paths are {Paths(context.RequestServices.GetRequiredService<EndpointDataSource>())}.",
            StatusCodes.Status405MethodNotAllowed => $"This path does not take {context.Request.Method}. It takes {context.Response.Headers.Allow}.",
            _ => null,
        });
    }

    private static string Paths(EndpointDataSource routes) => string.Join(", ", routes.Endpoints
        .OfType<RouteEndpoint>()
        .Select(route => "/" + route.RoutePattern.RawText!.Trim('/'))
        .Distinct(StringComparer.OrdinalIgnoreCase)
        .Order(StringComparer.Ordinal));
}
