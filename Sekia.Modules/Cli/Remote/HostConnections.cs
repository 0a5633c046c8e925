using System.Net.Sockets;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Cli.Remote;

/// <summary>How the command line reaches a host: straight, for a token must not go to a proxy or where a redirect points.</summary>
internal static class HostConnections
{
    /// <summary>How soon a host that is gone without a word is noticed on a connection that is silent, in seconds.</summary>
    private const int SecondsOfSilence = 30;
    private const int SecondsBetweenKnocks = 5;
    private const int Knocks = 3;

    /// <param name="place">Where the host is, whatever the address of a request says.</param>
    public static SocketsHttpHandler Create(HostPlace place) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(place, context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(HostPlace place, string host, int port, CancellationToken cancellationToken)
    {
        if (place.Socket is { } path && (place.OnlySocket || IsOwn(path)))
        {
            try
            {
                return await OpenAsync(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), socket => socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken));
            }
            catch (SocketException) when (!place.OnlySocket)
            {
                // What a killed host has left, or one of another user: there is the address still.
            }
        }

        var tcp = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        tcp.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        tcp.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, SecondsOfSilence);
        tcp.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, SecondsBetweenKnocks);
        tcp.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Knocks);
        return await OpenAsync(tcp, socket => socket.ConnectAsync(host, port, cancellationToken));
    }

    /// <summary>What another user has put there must not get to see a token.</summary>
    private static bool IsOwn(string path) => !OperatingSystem.IsWindows() && UnixFile.IsSocket(path) && UnixFile.OwnerOf(path) == UnixFile.Self;

    private static async ValueTask<Stream> OpenAsync(Socket socket, Func<Socket, ValueTask> connect)
    {
        try
        {
            await connect(socket);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
