using System.Net.Sockets;

namespace Sekia.Modules.Cli.Remote;

/// <summary>How the command line reaches a host: straight, for a token must not go to a proxy or where a redirect points.</summary>
internal static class HostConnections
{
    /// <param name="socket">The Unix socket to go to, whatever the address says; or <c>null</c>.</param>
    public static SocketsHttpHandler Create(string? socket)
    {
        var connections = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        if (socket is not null)
        {
            connections.ConnectCallback = (_, cancellationToken) => ConnectAsync(socket, cancellationToken);
        }

        return connections;
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
