using System.Net;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Where the host listens.</summary>
/// <param name="Host">An IP address, <c>localhost</c>, or <c>*</c> for every interface.</param>
/// <param name="Port">0 lets the system choose.</param>
internal sealed record ListenAddress(string Host, int Port)
{
    private const string Any = "*";

    /// <summary>Whether only programs on this machine can connect.</summary>
    public bool IsLoopback => Host == "localhost" || (IPAddress.TryParse(Host, out var ip) && IPAddress.IsLoopback(ip));

    /// <summary>Where to bind; <c>null</c> for every interface.</summary>
    public IPAddress? Interface => Host switch
    {
        Any => null,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.Parse(Host),
    };

    /// <summary>Reads <c>127.0.0.1:7600</c>, <c>localhost:7600</c>, <c>:7600</c> (every interface), <c>[::1]:7600</c>, <c>http://…</c>.</summary>
    /// <returns>The address, or what is wrong with the text.</returns>
    public static (ListenAddress? Address, string? Fault) Parse(string text)
    {
        if (text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return (null, $"'{text}' asks for TLS, which Sekia leaves to a proxy in front of it. Use http://, or leave the scheme out.");
        }

        var plain = (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? text["http://".Length..] : text).TrimEnd('/');
        var colon = plain.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(plain[(colon + 1)..], out var port))
        {
            return (null, $"'{text}' names no port. Write address and port, for example \"127.0.0.1:7600\".");
        }

        return HostOf(plain[..colon]) is { } host
            ? (new ListenAddress(host, port), null)
            : (null, $"'{text}' does not begin with an IP address. Write for example \"127.0.0.1:{port}\", or \":{port}\" for every interface.");
    }

    public override string ToString() =>
        $"http://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";

    private static string? HostOf(string text) => text.ToUpperInvariant() switch
    {
        "" or "*" or "+" or "0.0.0.0" or "[::]" => Any,
        "LOCALHOST" => "localhost",
        _ when IPAddress.TryParse(text.Trim('[', ']'), out var ip) => ip.ToString(),
        _ => null,
    };
}
