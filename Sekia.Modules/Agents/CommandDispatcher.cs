using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Agents;

/// <summary>
/// The only one who calls an agent's commands. Takes them from the journal once they are on disk (J4), in order per agent, checks
/// them, sends them, and records what came of each.
/// </summary>
internal sealed partial class CommandDispatcher : IHostedService, IDisposable
{
    private readonly AgentRegistry _registry;
    private readonly EventJournal _journal;
    private readonly FrozenDictionary<string, CommandLoop> _loops;
    private readonly ConcurrentDictionary<long, TaskCompletionSource> _asked = new();
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopTaking = new();
    private readonly CancellationTokenSource _stopNow = new();
    private readonly CancellationTokenRegistration _stopping;
    private Task _running = Task.CompletedTask;
    private Task? _stopped;

    public CommandDispatcher(
        AgentRegistry registry,
        EventJournal journal,
        CommandCourier courier,
        LiveOptions<AgentsOptions> options,
        IHostApplicationLifetime lifetime,
        TimeProvider clock,
        ILogger<CommandDispatcher> logger)
    {
        _registry = registry;
        _journal = journal;
        _logger = logger;
        _loops = registry.Agents.ToFrozenDictionary(
            entry => entry.Name,
            entry => new CommandLoop(entry, journal, new CommandExecution(entry, journal, courier, options, clock, Ended, logger), clock),
            StringComparer.Ordinal);

        // Not only when it is this one's turn to stop: what is begun while others stop has little of the limit left.
        _stopping = lifetime.ApplicationStopping.Register(_stopTaking.Cancel);
    }

    /// <summary>Begins to send: what waited when the host stopped, and then what comes.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _journal.SendCommandsTo(command => LoopOf(command)?.Offer(command), command => LoopOf(command)?.GoBackTo(command));
        foreach (var loop in _loops.Values)
        {
            loop.Begin();
        }

        // Each on its own: an agent that keeps the thread it is called on keeps neither the start nor the others waiting.
        _running = Task.WhenAll(_loops.Values.Select(loop => Task.Run(() => loop.RunAsync(_stopTaking.Token, _stopNow.Token), CancellationToken.None)));
        return Task.CompletedTask;
    }

    /// <summary>Takes no more commands, and gives those with the agents until the token's end to come back.</summary>
    /// <remarks>A host may be told to stop more than once; it is done once, and all who asked wait for it.</remarks>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_loops)
        {
            return _stopped ??= StopOnceAsync(cancellationToken);
        }
    }

    private async Task StopOnceAsync(CancellationToken cancellationToken)
    {
        await _stopTaking.CancelAsync();
        await using var tooLate = cancellationToken.Register(_stopNow.Cancel);
        await _running;
    }

    public void Dispose()
    {
        _stopping.Dispose();
        foreach (var loop in _loops.Values)
        {
            loop.Dispose();
        }

        _stopTaking.Dispose();
        _stopNow.Dispose();
    }

    /// <summary>Accepts a command from outside for an agent of this host, after checking all that is in it.</summary>
    /// <exception cref="InvalidCommandException">There is no such agent or command, or what it carries does not fit.</exception>
    /// <exception cref="EventTooLargeException">The payload is over the limit.</exception>
    /// <exception cref="JournalUnavailableException">It is not accepted.</exception>
    public Task<Accepted> SendAsync(Command command, CancellationToken cancellationToken)
    {
        Check(command);
        return _journal.AddCommandAsync(command, cancellationToken);
    }

    /// <summary>Accepts a command that is checked and recorded like any other, and never sent: its status is <c>dry_run</c> from the first.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public Task<Accepted> SendDryAsync(Command command, CancellationToken cancellationToken)
    {
        Check(command);
        command.Status = CommandStatus.DryRun;
        command.EndedAt = _journal.Now;
        command.Reason = "Not sent: a dry run was asked for.";
        return _journal.AddCommandAsync(command, cancellationToken);
    }

    /// <summary>Checks a command from outside as <see cref="SendAsync"/> does.</summary>
    /// <returns>What it would do.</returns>
    /// <inheritdoc cref="SendAsync"/>
    public Prepared Check(Command command)
    {
        EventCheck.CheckSize(command.Payload, _journal.MaxPayloadBytes);
        if (EventCheck.FaultOfNames(command) is { } fault)
        {
            throw new InvalidCommandException(fault);
        }

        return Prepared.From(Entry(command.Agent), command);
    }

    /// <summary>
    /// The commands that are with their agents at this moment. Those that may safely be sent again are only known here: the journal
    /// has them as pending until they end, because after a crash that is what they are.
    /// </summary>
    public IReadOnlySet<long> WithAgents => _loops.Values.SelectMany(loop => loop.WithAgent).ToHashSet();

    /// <summary>Has a command carried out and waits for its end. With a key that was used before, waits for, or finds, the end of that one.</summary>
    /// <returns>The command as it ended.</returns>
    /// <exception cref="JournalUnavailableException">It is not accepted.</exception>
    public async Task<Command> AskAsync(Command command, CancellationToken cancellationToken)
    {
        var accepted = await _journal.AddCommandAsync(command, cancellationToken);
        return await EndOfAsync(accepted.Seq, cancellationToken);
    }

    /// <summary>Waits for the end of a command that the journal has accepted.</summary>
    /// <returns>The command as it ended.</returns>
    public async Task<Command> EndOfAsync(long seq, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Anew each time: someone may send the command once more between its end and the look at it.
            var end = _asked.GetOrAdd(seq, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

            // Looked at after being on the list: an end between the two is not missed.
            if (_journal.Reader.Command(seq) is { Status: not (CommandStatus.Pending or CommandStatus.Running) } ended)
            {
                Ended(ended);
                return ended;
            }

            // Whoever gives up leaves the place on the list to others who wait for the same command; its end clears it.
            await end.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Sends a dead letter once more, whatever has been tried before; makes the next attempt of a command that waits for it due now.</summary>
    public Task<Decision> RetryAsync(long seq, CancellationToken cancellationToken) => DecideAsync(
        seq,
        "retried",
        command => command.Status == CommandStatus.Pending
            ? CommandState.Of(command) with { NextAttemptAt = 0 }
            : Anew(command),
        cancellationToken);

    /// <summary>
    /// Sends a command once more because the run that asked for it is tried again: one that failed, also when it was dismissed, or one that was
    /// not sent in a dry run. No other is touched.
    /// </summary>
    public Task<Decision> RepeatAsync(long seq, CancellationToken cancellationToken) => _journal.CommitAsync(
        new DecideCommand(
            _journal,
            seq,
            command => command.Status is CommandStatus.Failed or CommandStatus.DryRun
                ? (Anew(command), null)
                : (null, $"Command {command.Id} is {command.Status.Name()}, and is not sent once more for a run."),
            _ => { }),
        cancellationToken);

    /// <summary>
    /// Puts a dead letter aside: it keeps its status, and is no longer waiting for anyone. Ends a command that waits for its next attempt, or for
    /// an agent that this host does not have.
    /// </summary>
    public Task<Decision> DismissAsync(long seq, long now, CancellationToken cancellationToken) => DecideAsync(
        seq,
        "dismissed",
        command => command.Status == CommandStatus.Pending
            ? CommandState.Of(command) with
            {
                Status = CommandStatus.Failed,
                NextAttemptAt = 0,
                EndedAt = now,
                DismissedAt = now,
                Reason = _loops.ContainsKey(command.Agent) ? "dismissed before another attempt" : $"dismissed, for there is no agent '{command.Agent}'",
            }
            : CommandState.Of(command) with { DismissedAt = now },
        cancellationToken);

    private Task<Decision> DecideAsync(long seq, string verb, Func<Command, CommandState> decide, CancellationToken cancellationToken)
    {
        // From when it is held, it begins no attempt until the decision is on disk.
        (CommandLoop Loop, Command Command)? held = null;
        return _journal.CommitAsync(
            new DecideCommand(
                _journal,
                seq,
                command =>
                {
                    if (held is null && command is { Status: CommandStatus.Pending } && _loops.TryGetValue(command.Agent, out var loop) && loop.TryHold(command))
                    {
                        held = (loop, command);
                    }

                    // Without such an agent nobody begins anything.
                    return RefusalOf(command, held is not null || !_loops.ContainsKey(command.Agent), verb) is { } refusal ? (null, refusal) : (decide(command), null);
                },
                ended =>
                {
                    held?.Loop.Settle(held.Value.Command);
                    if (ended is not null)
                    {
                        Ended(ended);
                    }
                }),
            cancellationToken);
    }

    private static CommandState Anew(Command command) =>
        CommandState.Of(command) with { Status = CommandStatus.Pending, Attempts = 0, NextAttemptAt = 0, EndedAt = null, Reason = null, DismissedAt = null };

    private static string? RefusalOf(Command command, bool isHeld, string verb) => command switch
    {
        { Status: CommandStatus.Pending } when isHeld => null,
        { Status: not (CommandStatus.Failed or CommandStatus.Uncertain) } =>
            $"Command {command.Id} is {command.Status.Name()}; only a failed or uncertain one, or one that waits for its next attempt, can be {verb}.",
        { DismissedAt: not null } => $"Command {command.Id} has been dismissed already.",
        _ => null,
    };

    private AgentEntry Entry(string agent) => _registry.Find(agent) ?? throw new InvalidCommandException(_registry.AbsenceOf(agent)!);

    private void Ended(Command command)
    {
        if (_asked.TryRemove(command.Seq, out var end))
        {
            end.TrySetResult();
        }
    }

    private CommandLoop? LoopOf(Command command)
    {
        if (_loops.TryGetValue(command.Agent, out var loop))
        {
            return loop;
        }

        // It stays pending, and is carried out by a host that has such an agent.
        LogNoAgent(command.Id, command.Agent);
        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Command {Id} waits: there is no agent {Agent}. Add it, or correct the name where the command comes from")]
    private partial void LogNoAgent(string id, string agent);
}
