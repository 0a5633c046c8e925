using System.Net;
using System.Net.Sockets;

namespace Sekia.Modules.Http;

/// <summary>
/// Connections that lead only to addresses the settings permit. The check is made on the address that is then connected to, after
/// the name has been resolved, so that a name cannot answer with one address for the check and with another for the connection.
/// </summary>
/// <remarks>
/// Belongs to one state of the settings: a connection kept open under it is never used under another one, which may have closed
/// the address.
/// </remarks>
internal sealed class GuardedConnections : IDisposable
{
    private readonly HttpMessageInvoker _invoker;

    public GuardedConnections(HttpOptions settings)
    {
        Settings = settings;
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            AllowAutoRedirect = false,
            UseCookies = false,

            // Behind a proxy it would be the proxy that connects, unchecked.
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),

            // The rest of a short body is read to keep the connection; the rest of a long one is not worth it.
            MaxResponseDrainSize = 16 * 1024,
            ActivityHeadersPropagator = null,
        });
    }

    public HttpOptions Settings { get; }

    /// <summary>Sends one request, of HTTP/1.1; completes when the answer's headers are there.</summary>
    /// <exception cref="AddressRefusedException">The host has no address that may be asked.</exception>
    /// <exception cref="HttpRequestException">It could not be sent, or nothing came back.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _invoker.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException wrapped) when (wrapped.InnerException is AddressRefusedException refused)
        {
            throw new AddressRefusedException(refused.Message);
        }
    }

    public void Dispose() => _invoker.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var found = await ResolveAsync(host, cancellationToken);
        var permitted = Array.FindAll(found, address => ClosedAddresses.KindOf(address) is null || Settings.Allows(address));
        if (permitted.Length == 0)
        {
            throw new AddressRefusedException(Refusal(host, found));
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(permitted, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        // The resolver has exceptions of its own for some literals, so it is not asked for any.
        return IPAddress.TryParse(host, out var literal)
            ? [ClosedAddresses.Plain(literal)]
            : Array.ConvertAll(await Dns.GetHostAddressesAsync(host, cancellationToken), ClosedAddresses.Plain);
    }

    private static string Refusal(string host, IPAddress[] found) => found is [var first, ..]
        ? $"'{host}' leads to {first}, a {ClosedAddresses.KindOf(first)} address; to permit it, add it to {nameof(HttpOptions.AllowedAddresses)} of this agent's section"
        : $"'{host}' has no address";
}

/// <summary>A host has only addresses that may not be asked. The message is a sentence without a full stop.</summary>
internal sealed class AddressRefusedException(string message) : IOException(message);
