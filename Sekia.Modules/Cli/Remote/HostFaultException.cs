namespace Sekia.Modules.Cli.Remote;

/// <summary>The host did not do as asked; the message is for whoever asked.</summary>
internal sealed class HostFaultException(string message, int exitCode) : Exception(message)
{
    /// <summary>The host refused, or something it was asked for went wrong.</summary>
    public const int Refused = 1;

    /// <summary>No host answers.</summary>
    public const int NoHost = 3;

    public int ExitCode => exitCode;

    /// <summary>Whether it may go well later: too much is asked at the moment, or the host has trouble of its own.</summary>
    public bool Passes { get; init; }
}
