using System.Globalization;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Agents;

/// <summary>One command from its turn to its end: checked, attempted, attempted again after passing failures, and recorded.</summary>
internal sealed partial class CommandExecution(
    AgentEntry entry, EventJournal journal, CommandCourier courier, LiveOptions<AgentsOptions> options, TimeProvider clock, Action<Command> onEnd, ILogger logger)
{
    /// <summary>A longer answer is not recorded, only that there was one.</summary>
    private const int MaxResultBytes = 1 << 20;

    /// <summary>Carries a command out.</summary>
    /// <returns>How it ended; <c>null</c> when it stays as the journal has it: the host is stopping, or a person decided about it.</returns>
    public async Task<CommandState?> RunAsync(Command command, Attempt attempt, CancellationToken stopTaking, CancellationToken stopNow)
    {
        while (true)
        {
            if (!await WaitUntilDueAsync(command, attempt, stopTaking) || stopTaking.IsCancellationRequested)
            {
                return null;
            }

            var state = await AttemptAsync(command, attempt, stopNow);
            if (state is not { Status: CommandStatus.Pending })
            {
                return state;
            }

            // Durable, so that a restart does not forget when the next attempt is due.
            await RecordAsync(command, state, stopNow);
        }
    }

    /// <summary>Records where a command stands now, and announces it when that is its end. Does not give up while the host runs.</summary>
    public async Task RecordAsync(Command command, CommandState state, CancellationToken stopNow)
    {
        var announcement = state.Status is CommandStatus.Succeeded or CommandStatus.Failed or CommandStatus.Uncertain
            ? Announcements.OfCommand
            : (Func<Command, Event>?)null;
        for (var failures = 1; ; failures++)
        {
            try
            {
                await journal.CommitAsync(new UpdateCommand(journal, command, state, announcement), CancellationToken.None);
                if (state.Status is not (CommandStatus.Pending or CommandStatus.Running))
                {
                    onEnd(command);
                }

                return;
            }
            catch (JournalUnavailableException) when (!stopNow.IsCancellationRequested)
            {
                // The work is done and must not be forgotten: it is kept here until the journal takes it.
                await Task.Delay(options.Current.PauseAfter(failures), clock, stopNow).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (JournalUnavailableException fault)
            {
                LogNotRecorded(command.Id, state.Status.Name(), fault.Message);
                return;
            }
        }
    }

    /// <summary>The journal cannot be read: says so once, and waits a little.</summary>
    public async Task PauseAsync(JournalUnavailableException fault, CancellationToken stopTaking)
    {
        if (entry.Sending.Set(fault.Message))
        {
            LogTrouble(entry.Name, fault.Message);
        }

        await Task.Delay(options.Current.FirstPause, clock, stopTaking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Something of our own broke before any command was begun: says so once, and waits a little.</summary>
    public async Task PauseAsync(Exception fault, CancellationToken stopTaking)
    {
        const string Broken = "Its commands cannot be taken: internal error, see the log.";
        if (entry.Sending.Reason != Broken)
        {
            LogLoopBroken(fault, entry.Name);
        }

        entry.Sending.Set(Broken);

        await Task.Delay(options.Current.FirstPause, clock, stopTaking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Something of our own broke: the command stays as the journal has it.</summary>
    public void GiveUp(Command command, Exception fault) => LogGivenUp(fault, command.Id, entry.Name);

    /// <summary>Waits for the time of the next attempt. Answers whether it may begin: a person may have decided otherwise meanwhile.</summary>
    private async Task<bool> WaitUntilDueAsync(Command command, Attempt attempt, CancellationToken stopTaking)
    {
        var wait = command.NextAttemptAt - clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (command.NextAttemptAt == 0 || wait <= 0)
        {
            return true;
        }

        var pause = TimeSpan.FromMilliseconds(Math.Min(wait, (long)RetryAfterException.LongestDelay.TotalMilliseconds));
        await attempt.PauseAsync().WaitAsync(pause, clock, stopTaking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await attempt.GoOnAsync();
    }

    private async Task<CommandState?> AttemptAsync(Command command, Attempt attempt, CancellationToken stopNow)
    {
        Prepared prepared;
        string? dry;
        try
        {
            prepared = Prepared.From(entry, command);
            dry = entry.DryRunBecause;
        }
        catch (InvalidCommandException fault)
        {
            entry.CountError();
            return Ended(command, CommandStatus.Failed) with { Reason = fault.Message };
        }
        catch (Exception fault)
        {
            return Broken(command, fault);
        }

        if (dry is not null)
        {
            return Ended(command, CommandStatus.DryRun) with { Reason = $"Not sent: {dry}." };
        }

        // Before this attempt is noted, the command knows of the one before.
        var context = CommandContext.Of(command);
        var before = CommandState.Of(command);
        var running = before with
        {
            Status = CommandStatus.Running,
            Attempts = command.Attempts + 1,
            StartedAt = Now,
            NextAttemptAt = 0,
            Reason = null,
        };
        if (prepared.IsRepeatable)
        {
            // If the host dies now, it is sent again.
            running = running with { Status = command.Status };
        }

        if (prepared.IsRepeatable && !prepared.Method.AsksForContext)
        {
            // That does no harm: no need to wait for the disk.
            running.WriteTo(command);
        }
        else
        {
            // If the host dies after this, nobody knows whether it was carried out, and the journal says so: by the status, or to the
            // method that asks by the time of the attempt.
            await RecordAsync(command, running, stopNow);
            if (command.Attempts != running.Attempts)
            {
                return null;
            }
        }

        return await SendAsync(command, before, prepared, context, attempt, stopNow);
    }

    private async Task<CommandState?> SendAsync(
        Command command, CommandState before, Prepared prepared, CommandContext context, Attempt attempt, CancellationToken stopNow)
    {
        var limit = entry.Settings.CommandTimeout;
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopNow);
        attempt.Begin(clock, limit);
        try
        {
            var sent = entry.TrySendAsync(
                () =>
                {
                    courier.Show(command);
                    return prepared.Method.InvokeAsync(prepared.Arguments, context, either.Token);
                },
                out var dry);
            if (sent is null)
            {
                // Dry run began while the attempt was noted: there was none.
                return before with { Status = CommandStatus.DryRun, EndedAt = Now, NextAttemptAt = 0, Reason = $"Not sent: {dry}." };
            }

            // An agent that does not heed the token must keep neither its place nor the host from stopping.
            return Succeeded(command, await sent.WaitAsync(either.Token));
        }
        catch (OperationCanceledException) when (stopNow.IsCancellationRequested)
        {
            return prepared.IsRepeatable
                ? null
                : Ended(command, CommandStatus.Uncertain) with { Reason = "The host was stopped while the command was with the agent. Look whether it was carried out; then retry or dismiss it." };
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return Failed(command, prepared, new TimeoutException($"no answer within {limit.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s"));
        }
        catch (Exception fault)
        {
            return Failed(command, prepared, fault);
        }
        finally
        {
            attempt.End();
        }
    }

    private CommandState Succeeded(Command command, ReadOnlyMemory<byte> result)
    {
        entry.CountCommand();
        if (entry.Sending.Set(null))
        {
            LogBack(entry.Name);
        }

        return result.Length <= MaxResultBytes
            ? Ended(command, CommandStatus.Succeeded) with { Result = result, Reason = null }
            : Ended(command, CommandStatus.Succeeded) with { Reason = $"The answer of {result.Length} bytes is not recorded; the limit is {MaxResultBytes}." };
    }

    private CommandState Failed(Command command, Prepared prepared, Exception fault)
    {
        entry.CountError();
        var passing = fault is RetryAfterException || Failure.IsPassing(fault);
        if (passing && entry.Sending.Set(fault.Message))
        {
            LogTrouble(entry.Name, fault.Message);
        }

        if (passing && fault is not RetryAfterException && !prepared.IsRepeatable && Failure.IsAmbiguous(fault))
        {
            var reason = $"{fault.Message.TrimEnd('.')}. It may have been carried out all the same: look, then retry or dismiss it.";
            return Ended(command, CommandStatus.Uncertain) with { Reason = reason };
        }

        if (passing && command.Attempts < entry.Settings.MaxAttempts)
        {
            var pause = fault is RetryAfterException asked ? asked.Delay : options.Current.PauseAfter(command.Attempts);
            return CommandState.Of(command) with { Status = CommandStatus.Pending, NextAttemptAt = Now + (long)pause.TotalMilliseconds, Reason = fault.Message };
        }

        if (!Failure.IsExpected(fault))
        {
            return Broken(command, fault);
        }

        return Ended(command, CommandStatus.Failed) with { Reason = passing ? $"{fault.Message} (given up after {command.Attempts} attempts)" : fault.Message };
    }

    private CommandState Broken(Command command, Exception fault)
    {
        LogBroken(fault, command.Name, entry.Name, command.Id);
        return Ended(command, CommandStatus.Failed) with { Reason = $"internal error in '{command.Name}', see the log" };
    }

    private CommandState Ended(Command command, CommandStatus status) => CommandState.Of(command) with { Status = status, EndedAt = Now, NextAttemptAt = 0 };

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Agent} cannot carry out commands: {Reason} They are tried again")]
    private partial void LogTrouble(string agent, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Agent} carries out commands again")]
    private partial void LogBack(string agent);

    [LoggerMessage(Level = LogLevel.Error, Message = "Command {Command} of {Agent} broke ({Id})")]
    private partial void LogBroken(Exception fault, string command, string agent, string id);

    [LoggerMessage(Level = LogLevel.Error, Message = "The commands of {Agent} cannot be taken: that broke. It is tried again")]
    private partial void LogLoopBroken(Exception fault, string agent);

    [LoggerMessage(Level = LogLevel.Error, Message = "Command {Id} of {Agent} stays as it is until the host is started again: carrying it out broke")]
    private partial void LogGivenUp(Exception fault, string id, string agent);

    [LoggerMessage(Level = LogLevel.Error, Message = "Command {Id} ended as {Status}, but the journal could not record it before the host stopped: {Reason}")]
    private partial void LogNotRecorded(string id, string status, string reason);
}
