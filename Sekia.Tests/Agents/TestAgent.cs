using System.Collections.Concurrent;
using System.ComponentModel;
using System.Text.Json;
using Sekia.Modules.Agents;

namespace Sekia.Tests.Agents;

/// <summary>The outside of a test: an agent whose commands do what the test says, and which remembers what it was asked.</summary>
internal sealed class TestAgent(TimeProvider? clock = null) : IAgent
{
    private readonly ConcurrentQueue<AgentCall> _calls = new();
    private readonly ConcurrentQueue<string?> _cursors = new();

    public string Name { get; init; } = "test-agent";

    public IReadOnlyList<string> Capabilities => ["testing"];

    public IReadOnlyList<AgentCommand> Commands => field ??=
    [
        AgentCommand.Create(LookAsync, "look", CommandTraits.ReadOnly),
        AgentCommand.Create(PutAsync, "put", CommandTraits.Idempotent),
        AgentCommand.Create(SayAsync, "say", CommandTraits.None),
    ];

    public string? CannotSend { get; set; }

    /// <summary>What a command does, and answers.</summary>
    public Func<AgentCall, CancellationToken, Task<string>> OnCall { get; set; } = (call, _) => Task.FromResult(call.Text);

    /// <summary>What its source says after a cursor; it has none unless a test gives it one.</summary>
    public Func<string?, CancellationToken, Task<SourceBatch?>>? OnRead { get; set; }

    /// <summary>What it was asked to do, in order.</summary>
    public IReadOnlyList<AgentCall> Calls => [.. _calls];

    /// <summary>From where it was asked to read on, in order.</summary>
    public IReadOnlyList<string?> Cursors => [.. _cursors];

    public Task<SourceBatch?> ReadAsync(string? cursor, CancellationToken cancellationToken)
    {
        _cursors.Enqueue(cursor);
        return OnRead?.Invoke(cursor, cancellationToken) ?? Task.FromResult<SourceBatch?>(null);
    }

    [Description("Changes nothing.")]
    private Task<string> LookAsync([Description("Where to look.")] string text, CancellationToken cancellationToken) => CallAsync("look", text, cancellationToken);

    [Description("Leaves the world the same when done twice.")]
    private Task<string> PutAsync([Description("What to put.")] string text, [Description("Anything.")] JsonElement? extra = null, CancellationToken cancellationToken = default) =>
        CallAsync("put", text, cancellationToken);

    [Description("Says something, and says it twice when asked twice.")]
    private Task<string> SayAsync(
        [Description("What to say.")] string text,
        [Description("How loud.")] int volume = 1,
        [Description("Anything.")] JsonElement? extra = null,
        CancellationToken cancellationToken = default) => CallAsync("say", text, cancellationToken);

    private Task<string> CallAsync(string command, string text, CancellationToken cancellationToken)
    {
        var call = new AgentCall(command, text, (clock ?? TimeProvider.System).GetUtcNow());
        _calls.Enqueue(call);
        return OnCall(call, cancellationToken);
    }
}

/// <summary>One command as it reached the agent.</summary>
internal sealed record AgentCall(string Command, string Text, DateTimeOffset At);
