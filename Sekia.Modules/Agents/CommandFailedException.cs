namespace Sekia.Modules.Agents;

/// <summary>
/// The outside system will not carry out this command, now or later. The message is written for the asker: which service, what
/// it answered, and what to do about it. The command becomes a dead letter with this reason.
/// </summary>
public class CommandFailedException(string message) : Exception(message);

/// <summary>The outside system asks for a pause, of a command or of reading. Nothing was carried out.</summary>
/// <param name="delay">How long to wait before the next attempt.</param>
/// <param name="message">What the service said, for people.</param>
public sealed class RetryAfterException(TimeSpan delay, string message) : Exception(message)
{
    /// <summary>Far beyond what any service means, and within what a timer can.</summary>
    internal static readonly TimeSpan LongestDelay = TimeSpan.FromDays(30);

    public TimeSpan Delay { get; } = delay < TimeSpan.Zero ? TimeSpan.Zero : delay > LongestDelay ? LongestDelay : delay;
}
