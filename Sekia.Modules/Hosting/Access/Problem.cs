using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Refusals as RFC 9457 problem documents.</summary>
internal static class Problem
{
    /// <param name="context">The request to answer.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="detail">What happened and what to do; fit for whoever asked. <c>null</c> when the status says it all.</param>
    public static Task WriteAsync(HttpContext context, int status, string? detail) =>
        IsReadInABrowser(context) && context.RequestServices.GetService<RefusalPage>() is { } page
            ? page(context, status, detail)
            : WriteDocumentAsync(context, status, detail);

    /// <summary>
    /// For whoever is not to see anything of ours. Not even a page of the dashboard: under a foreign name, what the page carries could be read
    /// by the website that the name belongs to. People are told by a page that carries the sentence and nothing else.
    /// </summary>
    /// <inheritdoc cref="WriteAsync"/>
    public static Task WriteBareAsync(HttpContext context, int status, string detail)
    {
        if (!IsReadInABrowser(context))
        {
            return WriteDocumentAsync(context, status, detail);
        }

        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        var title = ReasonPhrases.GetReasonPhrase(status);
        return TypedResults.Content(
            $"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
            + $"<meta name=\"color-scheme\" content=\"light dark\"><title>{title} · Sekia</title></head>"
            + $"<body><main><h1>{title}</h1><p>{HtmlEncoder.Default.Encode(detail)}</p></main></body></html>",
            "text/html",
            Encoding.UTF8,
            status).ExecuteAsync(context);
    }

    private static Task WriteDocumentAsync(HttpContext context, int status, string? detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);

    private static bool IsReadInABrowser(HttpContext context) =>
        (context.Request.Path == "/" || context.Request.Path.StartsWithSegments("/web", StringComparison.OrdinalIgnoreCase))
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}

/// <summary>How a person in a browser is told what is refused; whoever has pages adds it to the services.</summary>
/// <inheritdoc cref="Problem.WriteAsync"/>
internal delegate Task RefusalPage(HttpContext context, int status, string? detail);
