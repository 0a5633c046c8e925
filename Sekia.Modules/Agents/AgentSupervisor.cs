using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Agents;

/// <summary>
/// Keeps every agent reading for the life of the host. A batch and its cursor are one transaction, and only then the next is asked
/// for (J5); an agent that fails pauses, longer each time, and the others carry on.
/// </summary>
internal sealed partial class AgentSupervisor(
    AgentRegistry registry, EventJournal journal, LiveOptions<AgentsOptions> options, TimeProvider clock, ILogger<AgentSupervisor> logger)
    : BackgroundService
{
    private const string InternalError = "internal error, see the log";

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(registry.Agents.Select(entry => Task.Run(() => SuperviseAsync(entry, stoppingToken), CancellationToken.None)));

    private async Task SuperviseAsync(AgentEntry entry, CancellationToken stopping)
    {
        var pulse = new LoopPulse(clock, () => options.Current.HeartbeatInterval);
        lock (entry.Pulses)
        {
            entry.Pulses.Add(() => pulse.IsTurning);
        }

        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                using var turn = pulse.Turn();
                if (await ReadOnAsync(entry, stopping) is not { } batch)
                {
                    return;
                }

                pause = batch.Pause;
                failures = 0;
                Tell(entry, batch.Trouble);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                pause = Fail(entry, fault, ++failures);
            }

            await Task.Delay(Bounded(pause), clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One batch: read, recorded, counted. <c>null</c> when there is no source.</summary>
    private async Task<SourceBatch?> ReadOnAsync(AgentEntry entry, CancellationToken stopping)
    {
        var cursor = journal.Reader.Cursor(entry.Name);
        if (await entry.Agent.ReadAsync(cursor, stopping) is not { } batch)
        {
            return null;
        }

        if (batch.Events.Count > 0 || batch.Cursor != cursor)
        {
            var accepted = await journal.AppendAsync(batch.Events, new SourceCursor(entry.Name, batch.Cursor), stopping);
            entry.CountEvents(accepted.Count(one => !one.Duplicate));
        }

        return batch;
    }

    private void Tell(AgentEntry entry, string? trouble)
    {
        if (trouble is not null)
        {
            entry.CountError();
        }

        if (!entry.Reading.Set(trouble))
        {
            return;
        }

        if (trouble is null)
        {
            LogBack(entry.Name);
        }
        else
        {
            LogPartly(entry.Name, trouble);
        }
    }

    private TimeSpan Fail(AgentEntry entry, Exception fault, int failures)
    {
        entry.CountError();
        var pause = fault is RetryAfterException asked ? asked.Delay : options.Current.PauseAfter(failures);
        var expected = Failure.IsExpected(fault);
        var reason = expected ? fault.Message : InternalError;

        // A bug is news even in times of trouble.
        var newBug = !expected && entry.Reading.Reason != InternalError;
        if (entry.Reading.Set(reason) || newBug)
        {
            LogLost(expected ? null : fault, entry.Name, fault.Message, pause);
        }

        return pause;
    }

    /// <summary>What a timer can wait for, whatever an agent asks.</summary>
    private static TimeSpan Bounded(TimeSpan pause) =>
        pause < TimeSpan.Zero ? TimeSpan.Zero : pause > RetryAfterException.LongestDelay ? RetryAfterException.LongestDelay : pause;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Agent} cannot read its source: {Reason} It tries again, first in {Pause}")]
    private partial void LogLost(Exception? fault, string agent, string reason, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Agent} cannot read a part of its source: {Reason} The rest is read, and this is tried again")]
    private partial void LogPartly(string agent, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Agent} reads its source again")]
    private partial void LogBack(string agent);
}
