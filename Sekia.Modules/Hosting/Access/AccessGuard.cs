using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Decides which requests get in.</summary>
internal sealed class AccessGuard(HostCheck hosts, CallerCheck callers)
{
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (WebhooksOnly.Covers(context))
        {
            return context.Request.Method == HttpMethods.Post && WebhooksOnly.IsWebhook(context.Request.Path)
                ? next(context)
                : Problem.WriteAsync(context, StatusCodes.Status404NotFound, "This address takes POST /webhooks/<name> and nothing else.");
        }

        // No browser can be led to a socket: its callers name whatever host they like.
        if (!OwnSocket.Covers(context) && hosts.FaultOf(context) is { } fault)
        {
            return Problem.WriteBareAsync(context, StatusCodes.Status403Forbidden, fault);
        }

        return IsOpenToAll(context.Request.Path) ? next(context) : AdmitAsync(context, next);
    }

    private Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        var (caller, wait) = callers.Of(context);
        if (wait is { } left)
        {
            var seconds = Math.Ceiling(left.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            context.Response.Headers.RetryAfter = seconds;
            return Problem.WriteAsync(
                context, StatusCodes.Status429TooManyRequests, $"Too many wrong logins or tokens came from this address. Try again in {seconds} s, with one that is right.");
        }

        if (caller is null)
        {
            context.Response.Headers.WWWAuthenticate = callers.ChallengesFor(context.Request.Path);
            return Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, callers.Advice);
        }

        if (caller.Role == AccessRole.Read && !OnlyReads(context.Request))
        {
            return Problem.WriteAsync(
                context, StatusCodes.Status403Forbidden, $"The token '{caller.Token?.Name}' may only read. For {context.Request.Method} {context.Request.Path}, create one with --role operate: sekia token create --role operate --name <name>");
        }

        context.Features.Set(caller);
        return next(context);
    }

    /// <summary>MCP's method tells nothing of what is asked for, so MCP itself sees to it that those who may read only read.</summary>
    private static bool OnlyReads(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || Is(request.Path, "/mcp");

    /// <summary>Health is asked by programs without a login, and webhooks are signed.</summary>
    private static bool IsOpenToAll(PathString path) =>
        Is(path, "/healthz") || Is(path, "/readyz") || WebhooksOnly.IsWebhook(path);

    /// <summary>With a slash at its end it is the same route.</summary>
    private static bool Is(PathString path, string route) => path.StartsWithSegments(route, StringComparison.OrdinalIgnoreCase, out var rest) && rest.Value is null or "" or "/";
}
