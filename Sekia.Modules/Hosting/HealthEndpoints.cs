using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sekia.Modules.Hosting;

/// <summary>What a supervisor of processes asks: is it alive, can it work.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("""{"status":"ok"}""", "application/json"));
        routes.MapGet("/readyz", (Readiness readiness) => Answer(readiness.NotReadyBecause));
    }

    private static IResult Answer(string? notReadyBecause) => notReadyBecause is null
        ? TypedResults.Text("""{"status":"ready"}""", "application/json")
        : TypedResults.Problem(notReadyBecause, statusCode: StatusCodes.Status503ServiceUnavailable, title: "not ready");
}
