using Sekia.Modules.Bus;

namespace Sekia.Modules.Agents;

/// <summary>
/// A bridge to one outside system: what it says becomes events, what we ask of it are commands. An agent never retries,
/// sleeps, counts, or catches to go on: the supervisor (reading) and the dispatcher (commands) do, in one place each.
/// </summary>
/// <remarks>
/// What an agent may throw: <see cref="CommandFailedException"/> when the service said no (its message is shown to the asker);
/// <see cref="RetryAfterException"/> when the service asked for a pause; <see cref="HttpRequestException"/> and the like as they
/// come, which count as transient. Everything else is taken for a bug: logged with its stack, shown outside as "internal error".
/// </remarks>
public interface IAgent
{
    /// <summary>The name of this instance, for example <c>github-agent</c> or <c>github-work</c>: its place in the registry and in <c>sekia.commands.&lt;name&gt;</c>.</summary>
    string Name { get; }

    /// <summary>What it can do in general, for example <c>github-webhooks</c>.</summary>
    IReadOnlyList<string> Capabilities => [];

    /// <summary>What can be asked of it. The list does not change while the host runs.</summary>
    IReadOnlyList<AgentCommand> Commands => [];

    /// <summary>Why nothing can be sent, for example "GITHUB_TOKEN is not set"; <c>null</c> when it can. Such an agent is in dry run.</summary>
    string? CannotSend => null;

    /// <summary>What its service said last about how much may still be asked; <c>null</c> when it has said nothing.</summary>
    RateLimit? RateLimit => null;

    /// <summary>
    /// Reads on from where the last committed batch ended. The supervisor commits the batch and its cursor in one transaction and
    /// only then asks again; after a throw it asks again from the same cursor, later.
    /// </summary>
    /// <param name="cursor">What the last committed <see cref="SourceBatch.Cursor"/> was; <c>null</c> the first time ever.</param>
    /// <returns>
    /// The next batch, possibly without events; <c>null</c> when this agent has no source to read, and it is not asked again. A source
    /// that has not answered for longer than the heartbeat's limit makes the agent <c>stale</c>, so a read must have a timeout.
    /// </returns>
    Task<SourceBatch?> ReadAsync(string? cursor, CancellationToken cancellationToken) => Task.FromResult<SourceBatch?>(null);
}

/// <summary>Some events of a source and the cursor that covers them.</summary>
/// <param name="Events">In the order they are to stand in the journal. May be empty.</param>
/// <param name="Cursor">How far the source has been read once these events are recorded: text of the agent's own making.</param>
/// <param name="Pause">How long the supervisor waits before it asks again; zero when more is there already.</param>
/// <param name="Trouble">What of the source could not be read, while the rest could: the agent is degraded. <c>null</c> when all could.</param>
public sealed record SourceBatch(IReadOnlyList<Event> Events, string Cursor, TimeSpan Pause, string? Trouble = null);
