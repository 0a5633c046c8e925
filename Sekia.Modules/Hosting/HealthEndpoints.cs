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
        routes.MapGet("/healthz", () => TypedResults.Text("""{"status":"ok"}""", "application/json"));
        routes.MapGet("/readyz", (HttpRequest request, Readiness readiness, BasicLogin login) => Answer(readiness.NotReadyBecause, IsOneOfUs(request, login)));
    }

    /// <summary>The reason may name files and what is wrong with them: that is for people on this machine and for those with the login.</summary>
    private static bool IsOneOfUs(HttpRequest request, BasicLogin login) =>
        request.HttpContext.Connection.RemoteIpAddress is not { } caller || IPAddress.IsLoopback(caller) || login.Admits(request);

    private static IResult Answer(string? notReadyBecause, bool withReason) => notReadyBecause is null
        ? TypedResults.Text("""{"status":"ready"}""", "application/json")
        : TypedResults.Problem(withReason ? notReadyBecause : null, statusCode: StatusCodes.Status503ServiceUnavailable, title: "not ready");
}
