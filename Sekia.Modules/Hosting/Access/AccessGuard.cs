using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Decides which requests get in.</summary>
internal sealed class AccessGuard(HostCheck hosts, BasicLogin login)
{
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (WebhooksOnly.Covers(context))
        {
            return context.Request.Method == HttpMethods.Post && WebhooksOnly.IsWebhook(context.Request.Path)
                ? next(context)
                : Problem.WriteAsync(context, StatusCodes.Status404NotFound, "This address takes POST /webhooks/<name> and nothing else.");
        }

        if (hosts.FaultOf(context) is { } fault)
        {
            return Problem.WriteAsync(context, StatusCodes.Status403Forbidden, fault);
        }

        if (IsOpenToAll(context.Request.Path) || login.Admits(context.Request))
        {
            return next(context);
        }

        context.Response.Headers.WWWAuthenticate = BasicLogin.Challenge;
        return Problem.WriteAsync(
            context, StatusCodes.Status401Unauthorized, "Log in with the username and password of the section Dashboard (HTTP Basic).");
    }

    /// <summary>Health is asked by programs without a login, and webhooks are signed.</summary>
    private static bool IsOpenToAll(PathString path) =>
        path.Equals("/healthz", StringComparison.OrdinalIgnoreCase)
        || path.Equals("/readyz", StringComparison.OrdinalIgnoreCase)
        || WebhooksOnly.IsWebhook(path);
}
