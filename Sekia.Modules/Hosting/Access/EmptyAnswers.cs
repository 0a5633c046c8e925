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
            StatusCodes.Status404NotFound => $"There is nothing at this path. {Paths(context.Request.Path, context.RequestServices.GetRequiredService<EndpointDataSource>())}",
            StatusCodes.Status405MethodNotAllowed => $"This path does not take {context.Request.Method}. It takes {context.Response.Headers.Allow}.",
            _ => null,
        });
    }

    /// <summary>The paths that go on from the part of this one that is right, by one step: all of them together would be a page.</summary>
    private static string Paths(PathString asked, EndpointDataSource routes)
    {
        string[][] known = [.. routes.Endpoints.OfType<RouteEndpoint>().Select(route => StepsOf(route.RoutePattern.RawText!))];
        var steps = StepsOf(asked.Value!);
        var right = Enumerable.Range(0, steps.Length + 1).Last(count => known.Any(path => BeginsWith(path, steps.AsSpan(0, count))));
        var next = known
            .Where(path => BeginsWith(path, steps.AsSpan(0, right)) && !path[Math.Min(right, path.Length - 1)].StartsWith("{*", StringComparison.Ordinal))
            .Select(path => "/" + string.Join('/', path.Take(right + 1).Select(WithoutConstraint)))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.Ordinal);
        return $"The paths {(right == 0 ? "" : $"from /{string.Join('/', steps.Take(right))} on ")}are {string.Join(", ", next)}.";
    }

    /// <summary>Of what a parameter must be, its refusal tells.</summary>
    private static string WithoutConstraint(string step) => step.StartsWith('{') && step.IndexOf(':', StringComparison.Ordinal) is > 0 and var at ? step[..at] + "}" : step;

    private static string[] StepsOf(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } steps ? steps : [""];

    private static bool BeginsWith(string[] path, ReadOnlySpan<string> steps)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            if (i >= path.Length || !path[i].Equals(steps[i], StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }
}
