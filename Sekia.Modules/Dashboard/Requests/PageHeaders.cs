using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Dashboard.Requests;

/// <summary>What a page tells the browser besides what every answer does.</summary>
internal static class PageHeaders
{
    /// <summary>The script sends it when it looks whether the page has changed.</summary>
    public const string Refresh = "X-Sekia-Refresh";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void Set(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.CacheControl = "no-store";

        // Without a referrer, browsers hide the origin of forms too, and then a form of ours looks like a stranger's.
        response.Headers["Referrer-Policy"] = "same-origin";
    }
}
