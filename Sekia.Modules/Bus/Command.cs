namespace Sekia.Modules.Bus;

/// <summary>An effect addressed to an agent, as the journal records it.</summary>
public sealed class Command
{
    /// <summary>The agent's name, for example <c>github-agent</c>.</summary>
    public required string Agent { get; init; }

    /// <summary>The command's name, for example <c>add_label</c>.</summary>
    public required string Name { get; init; }

    /// <summary>UTF-8 JSON: an object, or <c>null</c>; with U+FFFD for half a surrogate pair, which no string can hold.</summary>
    public ReadOnlyMemory<byte> Payload
    {
        get;
        init => field = LoneSurrogates.Replace(value);
    } = JsonText.Null;

    /// <summary>Who asks: <c>workflow:&lt;name&gt;</c>, <c>api</c>, <c>mcp</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The asker's own id for this command. The same key twice from one source is recorded, and carried out, once.</summary>
    public string? Key { get; init; }

    public Cause Cause { get; internal set; }

    /// <summary>The depth of the event behind it, plus one.</summary>
    public int Depth { get; internal set; }

    /// <summary>The journal's number, from 1; zero while not accepted.</summary>
    public long Seq { get; internal set; }

    /// <summary><c>cmd_</c> and a UUID; empty while not accepted.</summary>
    public string Id { get; internal set; } = "";

    /// <summary>When the journal accepted it, in Unix milliseconds.</summary>
    public long AcceptedAt { get; internal set; }

    public CommandStatus Status { get; internal set; }

    /// <summary>How often it was given to the agent, or is being given to it now.</summary>
    public int Attempts { get; internal set; }

    /// <summary>Not before this time, in Unix milliseconds; zero means at once.</summary>
    public long NextAttemptAt { get; internal set; }

    /// <summary>When the last attempt began, in Unix milliseconds.</summary>
    public long? StartedAt { get; internal set; }

    /// <summary>When it came to its end, in Unix milliseconds.</summary>
    public long? EndedAt { get; internal set; }

    /// <summary>The agent's answer as UTF-8 JSON, when it succeeded.</summary>
    public ReadOnlyMemory<byte>? Result
    {
        get;
        internal set => field = value is { } json ? LoneSurrogates.Replace(json) : default(ReadOnlyMemory<byte>?);
    }

    /// <summary>Why it failed, is uncertain, was not sent, or waits for another attempt.</summary>
    public string? Reason { get; internal set; }

    /// <summary>When someone put this dead letter aside, in Unix milliseconds.</summary>
    public long? DismissedAt { get; internal set; }
}

/// <summary>Where a command stands. The numbers are stored; do not change them.</summary>
public enum CommandStatus
{
    /// <summary>Waits for its turn, or for its next attempt.</summary>
    Pending = 0,

    /// <summary>With the agent.</summary>
    Running = 1,

    Succeeded = 2,

    /// <summary>A dead letter until someone retries or dismisses it.</summary>
    Failed = 3,

    /// <summary>Recorded, and on purpose not sent.</summary>
    DryRun = 4,

    /// <summary>Sent, but whether it was carried out is not known. Waits for a person, who retries or dismisses it.</summary>
    Uncertain = 5,
}

/// <summary>The names of the statuses on every surface: snake_case, as in the glossary.</summary>
public static class CommandStatusNames
{
    private static readonly string[] s_names = ["pending", "running", "succeeded", "failed", "dry_run", "uncertain"];

    public static IReadOnlyList<string> All => s_names;

    public static string Name(this CommandStatus status) => s_names[(int)status];

    public static CommandStatus? Parse(string name) =>
        Array.IndexOf(s_names, name) is var index and >= 0 ? (CommandStatus)index : null;
}
