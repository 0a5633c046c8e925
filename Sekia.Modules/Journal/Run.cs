using System.Collections.Immutable;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>One handler execution for one event, as the journal records it, with the effects it asked for.</summary>
public sealed record Run
{
    /// <summary>What it was about: the cause of all it asked for.</summary>
    public required Event Event { get; init; }

    /// <summary>The event that was at hand when that is another one: the request to try a failed run again.</summary>
    public Event? Handled { get; init; }

    public RunOutcome Outcome { get; init; }

    /// <summary>When it began, in Unix milliseconds.</summary>
    public long StartedAt { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>What ran, for example the hash of a script.</summary>
    public string? Version { get; init; }

    /// <summary>Which of the consumer's handlers ran, in the consumer's own numbers.</summary>
    public int Handler { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Where in the script it failed.</summary>
    public string? Traceback { get; init; }

    /// <summary>What it logged.</summary>
    public string? Log { get; init; }

    /// <summary>The commands it asked for, in order. Cause and depth are set when they are recorded.</summary>
    public IReadOnlyList<Command> Commands { get; init; } = [];

    /// <summary>The events it published, in order. Cause and depth are set when they are recorded.</summary>
    public IReadOnlyList<Event> Events { get; init; } = [];

    /// <summary>What it wrote into the consumer's state, as JSON by key; <c>null</c> for a key it deleted.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> State { get; init; } = ImmutableDictionary<string, ReadOnlyMemory<byte>?>.Empty;

    /// <summary>The number of the failed run that this one was a new try of: it is no dead letter any more.</summary>
    public long? RetryOf { get; init; }
}

/// <summary>How a run ended. The numbers are stored; do not change them.</summary>
public enum RunOutcome
{
    Ok = 0,

    /// <summary>A dead letter until someone retries or dismisses it. None of its effects took place.</summary>
    Failed = 1,
}
