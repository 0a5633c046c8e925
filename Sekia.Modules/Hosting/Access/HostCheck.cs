using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Hosting.Access;

/// <summary>
/// Keeps other websites out. A page that the user has open elsewhere can make the browser call us, and by DNS rebinding even under
/// its own name; the Host and Origin headers give it away.
/// </summary>
internal sealed class HostCheck(LiveOptions<ServerOptions> options)
{
    /// <summary>Why the request is refused; <c>null</c> when it is not.</summary>
    public string? FaultOf(HttpContext context)
    {
        var host = context.Request.Host;
        if (!IsOurs(host, context.Connection.LocalIpAddress))
        {
            return $"This host does not answer to the name '{Shown(host.Host)}'. Add it to Host:AllowedHosts if it is yours; "
                + "if a tunnel for webhooks leads here, let it lead to an address of its own, set in Webhooks:Listen.";
        }

        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0)
        {
            return IsLoadedByAnotherSite(context.Request)
                ? "A page of another site may not load anything of this host. Open it in a tab of its own, or ask with a program."
                : null;
        }

        return IsOurs(origin, context.Request)
            ? null
            : $"A page of '{Shown(origin)}' may not call this host. If that is its own address behind a proxy, add it to Host:AllowedHosts, "
                + "for example \"https://sekia.example.com\".";
    }

    /// <summary>
    /// What a page loads as a picture, a script or a frame carries no Origin. The page cannot read it, but it can take up places, of the
    /// stream for example. A link that somebody follows is another matter.
    /// </summary>
    private static bool IsLoadedByAnotherSite(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
        && !(HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document");

    private bool IsOurs(HostString host, IPAddress? boundTo)
    {
        var name = host.Host;
        return ThisMachine.IsName(name)
            || (IPAddress.TryParse(name.Trim('[', ']'), out var ip) && (ip.Equals(boundTo) || ip.Equals(MappedToV4(boundTo))))
            || IsListed(name);
    }

    private bool IsListed(string name) =>
        options.Current.AllowedHosts.Any(allowed => NameOf(allowed).Equals(name, StringComparison.OrdinalIgnoreCase));

    private bool IsOurs(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var from)
        && (IsOrigin(from, $"{request.Scheme}://{request.Host}") || options.Current.AllowedHosts.Any(allowed => IsOrigin(from, allowed)));

    private static bool IsOrigin(Uri from, string address) =>
        address.Contains("://", StringComparison.Ordinal)
        && Uri.TryCreate(address, UriKind.Absolute, out var ours)
        && Uri.Compare(from, ours, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>The name in an entry of <see cref="ServerOptions.AllowedHosts"/>.</summary>
    public static string NameOf(string allowed) =>
        allowed.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(allowed, UriKind.Absolute, out var uri) ? uri.Host : allowed;

    /// <summary>A socket bound to every interface reports IPv4 callers' addresses in their IPv6 form.</summary>
    private static IPAddress? MappedToV4(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    private static string Shown(string header) => header.Length > 100 ? header[..100] + "…" : header;
}
