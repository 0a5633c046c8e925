namespace Sekia.Modules.Bus;

/// <summary>A fact from a source. The journal gives it its place (<see cref="Seq"/>) and its <see cref="Id"/> when it accepts it.</summary>
public sealed class Event
{
    /// <summary>A chain of consequences deeper than this stops as a dead letter that says so.</summary>
    public const int MaxDepth = 16;

    /// <summary>Where it is published, for example <c>sekia.events.github</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>What happened, for example <c>github.issue.opened</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Who says so: <c>github</c>, <c>api</c>, <c>workflow:&lt;name&gt;</c> …</summary>
    public required string Source { get; init; }

    /// <summary>
    /// UTF-8 JSON: an object, or <c>null</c>. Kept as it came, byte for byte, from the socket to the row to the reader; but for half a surrogate
    /// pair, which no string can hold and which is U+FFFD here.
    /// </summary>
    public ReadOnlyMemory<byte> Payload
    {
        get;
        init => field = LoneSurrogates.Replace(value);
    } = JsonText.Null;

    /// <summary>Unix seconds. Zero means: when the journal accepts it.</summary>
    public long Timestamp { get; internal set; }

    /// <summary>The source's own id for this fact. The same key twice from one source is accepted twice and recorded once.</summary>
    public string? Key { get; init; }

    /// <summary>What this event follows from; empty for a fact from outside.</summary>
    public Cause Cause { get; internal set; }

    /// <summary>How many consequences lie between this event and a fact from outside; at most <see cref="MaxDepth"/>.</summary>
    public int Depth { get; internal set; }

    /// <summary>The place in the journal, from 1; zero while not accepted, and for announcements that nobody had to remember.</summary>
    public long Seq { get; internal set; }

    /// <summary><c>evt_</c> and a UUID; empty while not accepted.</summary>
    public string Id { get; internal set; } = "";

    /// <summary>When the journal accepted it, in Unix milliseconds.</summary>
    public long AcceptedAt { get; internal set; }
}

/// <summary>What something follows from, as journal numbers: the event, the run it caused, the command that run asked for.</summary>
public readonly record struct Cause(long? Event = null, long? Run = null, long? Command = null);

/// <summary>What the journal answers to a published event.</summary>
/// <param name="Id">The event's id; of a duplicate, the id of the one that is recorded.</param>
/// <param name="Seq">Its place in the journal; of a duplicate, the place of the one that is recorded.</param>
/// <param name="Duplicate">The source had used this key before, and nothing new was recorded.</param>
public readonly record struct Accepted(string Id, long Seq, bool Duplicate);
