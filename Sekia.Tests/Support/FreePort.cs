using System.Net;
using System.Net.Sockets;

namespace Sekia.Tests.Support;

/// <summary>A port for a host that is told where to listen, because it has to come back there or because others have to know before it starts.</summary>
internal static class FreePort
{
    // Below the ports that systems hand out by themselves: one of those may be some other test's by the time that it is bound.
    private const int First = 20_000;
    private const int Count = 12_000;

    /// <summary>Begins anywhere, as others on this machine may look for ports too, and then gives none twice.</summary>
    private static int s_next = Random.Shared.Next(Count);

    /// <summary>A port that nobody listens at.</summary>
    public static int Take()
    {
        for (var tried = 0; tried < Count; tried++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref s_next) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // It is taken: the next.
            }
        }

        throw new InvalidOperationException($"All ports from {First} to {First + Count - 1} are taken.");
    }
}
