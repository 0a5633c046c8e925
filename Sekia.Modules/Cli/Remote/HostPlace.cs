using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Cli.Remote;

/// <summary>Where a host is looked for.</summary>
/// <param name="Address">Over TCP; of no account when only a socket was named.</param>
/// <param name="Socket">The Unix socket that is tried first; <c>null</c> for none.</param>
/// <param name="OnlySocket">Whether nothing else is tried.</param>
internal sealed record HostPlace(Uri Address, string? Socket, bool OnlySocket)
{
    private static readonly Uri s_anyHost = new("http://localhost");

    /// <summary>An address that somebody named.</summary>
    public static HostPlace At(Uri address) => new(address, null, OnlySocket: false);

    /// <summary>A socket that somebody named.</summary>
    public static HostPlace On(string socket) => new(s_anyHost, socket, OnlySocket: true);

    /// <summary>What to say of it: <c>at http://127.0.0.1:7600</c>.</summary>
    public override string ToString() => (Socket, OnlySocket) switch
    {
        (null, _) => $"at {Text(Address)}",
        (_, true) => $"on the socket {Socket}",
        _ => $"on the socket {Socket} or at {Text(Address)}",
    };

    /// <summary>A sentence that nobody is there.</summary>
    /// <param name="fault">Why.</param>
    public string Nobody(HttpRequestException fault)
    {
        const string Advice = "Start one with `sekia`, or say where it is with --url or --socket.";
        return Socket is null || OnlySocket
            ? $"No Sekia answers {this}: {(Socket is null ? ReasonOf(fault) : ReasonOf(fault, Socket))}. {Advice}"
            : $"No Sekia answers, neither on the socket {Socket} nor at {Text(Address)}. {Advice}";
    }

    /// <summary>The system's own words; those around them tell of where in the program it was.</summary>
    private string ReasonOf(HttpRequestException fault) => fault.GetBaseException().Message.TrimEnd('.')
        + (Address.Scheme == Uri.UriSchemeHttps && fault.HttpRequestError == HttpRequestError.SecureConnectionError ? " (Sekia itself speaks http; https is spoken by a proxy before it)" : "");

    private static string ReasonOf(HttpRequestException fault, string socket) =>
        SocketPath.IsTooLong(socket) ? "its path is longer than a socket's can be"
        : !Path.Exists(socket) ? "there is nothing at this path"
        : !OperatingSystem.IsWindows() && !UnixFile.IsSocket(socket) ? "it is not a socket"
        : fault.GetBaseException().Message.TrimEnd('.');

    /// <summary>An address as it is written.</summary>
    public static string Text(Uri address) => address.ToString().TrimEnd('/');
}
