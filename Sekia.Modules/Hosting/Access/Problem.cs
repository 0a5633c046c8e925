using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Refusals as RFC 9457 problem documents.</summary>
internal static class Problem
{
    /// <param name="context">The request to answer.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="detail">What happened and what to do; fit for whoever asked. <c>null</c> when the status says it all.</param>
    public static Task WriteAsync(HttpContext context, int status, string? detail) =>
        context.Request.Path.StartsWithSegments("/web", StringComparison.OrdinalIgnoreCase)
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && context.RequestServices.GetService<RefusalPage>() is { } page
            ? page(context, status, detail)
            : WriteDocumentAsync(context, status, detail);

    /// <summary>For whoever is not to see anything of ours, whatever they accept.</summary>
    /// <inheritdoc cref="WriteAsync"/>
    public static Task WriteDocumentAsync(HttpContext context, int status, string? detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);
}

/// <summary>How a person in a browser is told what is refused; whoever has pages adds it to the services.</summary>
/// <inheritdoc cref="Problem.WriteAsync"/>
internal delegate Task RefusalPage(HttpContext context, int status, string? detail);
