using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Hosting;

/// <summary>Tells failures to start that need a sentence from bugs, which need a stack.</summary>
internal static class StartFailure
{
    /// <summary>What to tell the operator; <c>null</c> for a failure that nobody foresaw.</summary>
    public static string? Explain(Exception? failure) => failure switch
    {
        StartFailedException => failure.Message,
        JournalUnavailableException => $"Sekia cannot start: {failure.Message}",
        IOException { InnerException: AddressInUseException } =>
            $"Sekia cannot start: {failure.Message} Stop the program that listens there, or set another address in Host:Listen or Webhooks:Listen.",
        SocketException fault when IsOfListening(fault) =>
            $"Sekia cannot start: it cannot listen on the address in Host:Listen or Webhooks:Listen: {failure.Message}. Set another one.",
        _ => null,
    };

    /// <summary>Whether an address cannot be listened on. The exception does not say which.</summary>
    public static bool IsOfListening(SocketException failure) => failure.SocketErrorCode is SocketError.AccessDenied or SocketError.AddressNotAvailable;
}
