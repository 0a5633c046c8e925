using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Hosting.Access;

/// <summary>
/// Tells whether a request was sent on this machine itself. What a proxy or a tunnel brings comes from this machine too, by its address, and
/// may have been sent by anyone: the name it was sent to gives it away, or a header that it adds.
/// </summary>
internal static class ThisMachine
{
    private static readonly string[] s_addedByProxies = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    /// <summary>Whether it was. A connection without an address is no network connection.</summary>
    public static bool Sent(HttpContext context) =>
        context.Connection.RemoteIpAddress is var sender && (sender is null || IPAddress.IsLoopback(sender))
        && IsName(context.Request.Host.Host)
        && !Array.Exists(s_addedByProxies, context.Request.Headers.ContainsKey);

    /// <summary>Whether a name, or an address, in a URL leads to the machine it is used on.</summary>
    public static bool IsName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
