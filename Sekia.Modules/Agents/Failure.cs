using System.Net;
using System.Net.Sockets;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Agents;

/// <summary>What an exception from an agent means. The one place that decides.</summary>
internal static class Failure
{
    /// <summary>It happens in good code: the message says enough, the stack would only hide it.</summary>
    public static bool IsExpected(Exception fault) =>
        fault is CommandFailedException or RetryAfterException or InvalidEventException or JournalUnavailableException || IsPassing(fault);

    /// <summary>It may go away by itself: the network, a timeout, a service that is down or overloaded.</summary>
    public static bool IsPassing(Exception fault) => fault switch
    {
        HttpRequestException { StatusCode: { } status } =>
            status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500,
        HttpRequestException or TimeoutException or SocketException or IOException => true,

        // What HttpClient throws at its own timeout.
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>
    /// The service may have carried the command out although it did not say so. A service that breaks (5xx) may break after the work was
    /// done; only its refusal to begin (429, and with a time to wait also 503) is its word that it did not. A connection that never stood
    /// carried nothing.
    /// </summary>
    public static bool IsAmbiguous(Exception fault) => fault switch
    {
        HttpRequestException { StatusCode: { } status } => (int)status >= 500,
        HttpRequestException http => http.HttpRequestError is not
            (HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError),
        _ => true,
    };
}
