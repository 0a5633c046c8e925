using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Refusals as RFC 9457 problem documents.</summary>
internal static class Problem
{
    /// <param name="context">The request to answer.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="detail">What happened and what to do; fit for whoever asked. <c>null</c> when the status says it all.</param>
    public static Task WriteAsync(HttpContext context, int status, string? detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);
}
