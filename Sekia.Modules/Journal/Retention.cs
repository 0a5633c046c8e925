using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Journal;

/// <summary>
/// Keeps the journal from growing without bound (J7): removes what is old, and the oldest when there is too much, in steps so small
/// that new events slip in between. What an open consumer or an agent has yet to do, and dead letters, are never removed.
/// </summary>
internal sealed partial class Retention(
    EventJournal journal, LiveOptions<JournalOptions> options, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<Retention> logger) : BackgroundService
{
    /// <summary>Rows looked at in one step: a few milliseconds of the writer's time.</summary>
    private const int RowsAStep = 500;

    /// <summary>No step is larger, however many events come in meanwhile.</summary>
    private const int MostRowsAStep = 16_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await StartedAsync(stoppingToken);
            using var timer = new PeriodicTimer(options.Current.SweepInterval, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepOrExplainAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Removes what has to go by now.</summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        await journal.CommitAsync(new AdvanceIdleConsumers(journal), cancellationToken);
        var settings = options.Current;
        var cutoff = (clock.GetUtcNow() - settings.KeepFor).ToUnixTimeMilliseconds();
        await RemoveAsync(cutoff, bytes: 0, cancellationToken);

        // Once full, a little below the limit before it opens again, so that it does not flap at every event.
        var goal = journal.FullBecause is null ? settings.KeepBytes : settings.KeepBytes / 100 * 95;
        var used = await RemoveAsync(long.MaxValue, goal, cancellationToken);
        Explain(used, goal, settings.KeepBytes);
    }

    /// <summary>Until the host has started, consumers that are not open yet may need what is old.</summary>
    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var telling = lifetime.ApplicationStarted.UnsafeRegister(_ => started.TrySetResult(), null);
        await started.Task.WaitAsync(cancellationToken);
    }

    private async Task SweepOrExplainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SweepAsync(cancellationToken);
        }
        catch (JournalUnavailableException fault)
        {
            LogSkipped(fault.Message);
        }
    }

    /// <summary>Goes through the journal once, from its oldest entry, and removes step by step.</summary>
    /// <returns>How much room the entries take afterwards, in bytes.</returns>
    private async Task<long> RemoveAsync(long acceptedBefore, long bytes, CancellationToken cancellationToken)
    {
        var (fromEvent, fromCommand) = (0L, 0L);
        var head = journal.Head;
        while (true)
        {
            // A step and a commit of new events take turns: it has to remove more than came in since the last one, or never catches up.
            var rows = (int)Math.Clamp(2 * (journal.Head - head), RowsAStep, MostRowsAStep);
            head = journal.Head;
            var step = await journal.CommitAsync(new RemoveOld(journal, fromEvent, fromCommand, rows, acceptedBefore, bytes), cancellationToken);
            if (step.Done)
            {
                return step.UsedBytes;
            }

            (fromEvent, fromCommand) = (step.LastEvent, step.LastCommand);
        }
    }

    private void Explain(long used, long goal, long limit)
    {
        if (used > limit && journal.FullBecause is null)
        {
            var reason = $"the journal's entries take {used:N0} bytes, the limit is {limit:N0} (Journal:KeepBytes), and all that is left still waits for a workflow, an agent or a decision about a dead letter: see to those, or raise the limit";
            journal.FullBecause = reason;
            LogFull(reason);
        }
        else if (used <= goal && journal.FullBecause is not null)
        {
            journal.FullBecause = null;
            LogRoom();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "New events are refused: {Reason}")]
    private partial void LogFull(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal has room again; new events are accepted")]
    private partial void LogRoom();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old entries were not removed this time: {Reason}")]
    private partial void LogSkipped(string reason);
}
