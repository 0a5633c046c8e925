using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Hosting;

/// <summary>What a supervisor of processes asks: is it alive, can it work.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("""{"status":"ok"}""", "application/json"))
            .WithMetadata(new RouteDescription("Tells that the process is up"));
        routes.MapGet("/readyz", (HttpContext context, Readiness readiness, CallerCheck callers) => Answer(readiness.NotReadyBecause, IsOneOfUs(context, callers)))
            .WithMetadata(new RouteDescription("Tells whether the host can do its work now, and if not, why") { Refusals = [503] });
    }

    /// <summary>The reason may name files and what is wrong with them: that is for people on this machine and for those who are let in.</summary>
    private static bool IsOneOfUs(HttpContext context, CallerCheck callers) =>
        context.Connection.RemoteIpAddress is not { } caller || IPAddress.IsLoopback(caller) || callers.Of(context).Caller is not null;

    private static IResult Answer(string? notReadyBecause, bool withReason) => notReadyBecause is null
        ? TypedResults.Text("""{"status":"ready"}""", "application/json")
        : TypedResults.Problem(withReason ? notReadyBecause : null, statusCode: StatusCodes.Status503ServiceUnavailable, title: "not ready");
}
