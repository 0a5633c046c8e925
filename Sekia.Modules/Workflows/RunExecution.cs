using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>What a run is for.</summary>
/// <param name="Seen">The event the handler is given.</param>
/// <param name="Handled">The event at hand: the same, or the request to try a failed run again.</param>
/// <param name="RetryOf">The failed run that is tried again.</param>
internal sealed record Occasion(Event Seen, Event Handled, long? RetryOf = null);

/// <summary>Executes runs: from the call of the handler to what has to be recorded.</summary>
internal sealed partial class RunExecution(
    EventJournal journal, Questions questions, LongRuns longRuns, LiveOptions<WorkflowsOptions> options, TimeProvider clock, ILogger<RunExecution> logger)
{
    /// <summary>How long a run may keep a thread that others need.</summary>
    private static readonly TimeSpan s_eviction = 5 * LongRuns.Turn;

    /// <summary>One run.</summary>
    /// <param name="workflow">Whose.</param>
    /// <param name="version">The version of it that runs.</param>
    /// <param name="handler">What is called.</param>
    /// <param name="occasion">What for.</param>
    /// <param name="batch">What the workflow has done before; it does not wait for answers this run waits for.</param>
    /// <param name="until">Ends the run where it waits; nothing of it is recorded then.</param>
    /// <returns>What has to be recorded; <c>null</c> when nothing has.</returns>
    public async ValueTask<Run?> RunAsync(Workflow workflow, WorkflowVersion version, Handler handler, Occasion occasion, RunBatch batch, CancellationToken until)
    {
        var began = clock.GetTimestamp();
        if (workflow.Culprit is { } culprit && culprit.Handled.Seq == occasion.Handled.Seq && culprit.Handler.Identity == handler.Identity)
        {
            return Failed(workflow, version, handler.Mark, occasion, new LuaScriptException(
                LuaFault.Script, "the handler was held in a call inside Lua that cannot be stopped, such as a pattern that takes for ever; its state was left behind", ""));
        }

        var run = Prepare(handler, occasion, workflow.LongHandlers.Contains(handler.Identity));
        try
        {
            await RunAsync(workflow, version, run, batch, until);
        }
        catch (LuaScriptException fault)
        {
            TellIfOurs(workflow, version);
            return Told(workflow, Failed(version, run, occasion, began, fault));
        }

        if (!run.LeavesTraces && occasion.RetryOf is null)
        {
            return null;
        }

        // What the journal is not going to record must not stay in memory either.
        var ended = Succeeded(version, run, occasion, began);
        if (ended.Outcome == RunOutcome.Failed)
        {
            return Told(workflow, ended);
        }

        workflow.Memory.Apply(run.State);
        return ended;
    }

    /// <summary>
    /// One run that comes to nothing: what it asks for is only collected. It is executed where long runs are, so that nothing waits for it.
    /// </summary>
    /// <param name="apart">A workflow that nobody runs, with a memory of its own.</param>
    /// <param name="version">A version with a fresh state, which nobody else uses.</param>
    /// <param name="run">From <see cref="Prepare"/>.</param>
    /// <param name="occasion">What it is for.</param>
    /// <param name="until">Ends it.</param>
    /// <returns>What would have to be recorded.</returns>
    public async Task<Run> ReplayAsync(Workflow apart, WorkflowVersion version, WorkflowRun run, Occasion occasion, CancellationToken until)
    {
        var began = clock.GetTimestamp();
        try
        {
            await RunAsync(apart, version, run, batch: null, until);
        }
        catch (LuaScriptException fault)
        {
            TellIfOurs(apart, version);
            return Failed(version, run, occasion, began, fault);
        }

        var ended = Succeeded(version, run, occasion, began);
        apart.Memory.Apply(ended.State);
        return ended;
    }

    /// <summary>A run that is about to begin.</summary>
    public WorkflowRun Prepare(Handler handler, Occasion occasion, bool takesLong) =>
        new(occasion.Seen, occasion.Handled, handler, options.Current.MaxEffects, journal.MaxPayloadBytes) { TakesLong = takesLong };

    /// <summary>A run that could not even begin.</summary>
    public Run Failed(Workflow workflow, WorkflowVersion version, int handler, Occasion occasion, LuaScriptException fault) =>
        Told(workflow, Ended(version, handler, occasion, clock.GetTimestamp()) with { Outcome = RunOutcome.Failed, Reason = fault.Message, Traceback = fault.Traceback });

    /// <summary>What the journal is to record of a run that came to its end: a failure, if it asked for what cannot be recorded.</summary>
    private Run Succeeded(WorkflowVersion version, WorkflowRun run, Occasion occasion, long began) =>
        Handled.Checked(Ended(version, run.Handler.Mark, occasion, began) with { Log = run.Log, Commands = run.Commands, Events = run.Events, State = run.State });

    private Run Failed(WorkflowVersion version, WorkflowRun run, Occasion occasion, long began, LuaScriptException fault) =>
        Ended(version, run.Handler.Mark, occasion, began) with { Log = run.Log, Outcome = RunOutcome.Failed, Reason = ReasonOf(fault, version.Limits), Traceback = fault.Traceback };

    /// <summary>Executes a run to its end.</summary>
    /// <param name="batch">What the workflow has done before; <c>null</c> in a dry replay, which nobody is asked for and nothing is recorded of.</param>
    /// <exception cref="StateGivenUpException">
    /// It took long in a call that Lua cannot stop in between, on a thread others need. None of it has taken effect, and the answers it has
    /// had are kept; but what it did to globals stands, so that it is not executed again in the same state.
    /// </exception>
    private async ValueTask RunAsync(Workflow workflow, WorkflowVersion version, WorkflowRun run, RunBatch? batch, CancellationToken until)
    {
        using var coroutine = version.Begin(run.Handler.Function, run.Event);
        try
        {
            await FinishAsync(workflow, version, coroutine, run, batch, until);
        }
        finally
        {
            // The next run of the handler is expected to take as long.
            _ = coroutine.Spent > LongRuns.Turn ? workflow.LongHandlers.Add(run.Handler.Identity) : workflow.LongHandlers.Remove(run.Handler.Identity);
        }
    }

    private async ValueTask FinishAsync(Workflow workflow, WorkflowVersion version, LuaCoroutine coroutine, WorkflowRun run, RunBatch? batch, CancellationToken until)
    {
        while (true)
        {
            switch (run.TakesLong
                ? await TakeTurnAsync(workflow, version, coroutine, run, until)
                : Resume(workflow, version, coroutine, run, s_eviction, longTurn: null))
            {
                case LuaPause.End:
                    return;
                case LuaPause.Eviction:
                    until.ThrowIfCancellationRequested();
                    workflow.Renew();
                    throw new StateGivenUpException();
                case LuaPause.Turn:
                    run.TakesLong = true;
                    until.ThrowIfCancellationRequested();
                    await (batch?.CommitAsync() ?? ValueTask.CompletedTask);
                    break;
                case LuaPause.Question when batch is null:
                    questions.Recall(version.Script, coroutine, run, workflow.Name);
                    break;
                case LuaPause.Question:
                    // What came before must not wait for the answer.
                    await batch.FlushAsync();
                    await questions.AnswerAsync(version.Script, coroutine, run, workflow.Name, until);
                    break;
            }
        }
    }

    private async Task<LuaPause> TakeTurnAsync(Workflow workflow, WorkflowVersion version, LuaCoroutine coroutine, WorkflowRun run, CancellationToken until)
    {
        await using var given = until.Register(coroutine.Evict);
        var longTurn = new LongTurn(workflow, run, longRuns, journal);
        return await longRuns.TakeTurnAsync(run, () =>
        {
            var pause = LuaPause.Turn;
            while (pause == LuaPause.Turn && !until.IsCancellationRequested)
            {
                longTurn.Begin();
                pause = Resume(workflow, version, coroutine, run, eviction: null, longTurn);
                if (longRuns.IsAnyoneWaiting)
                {
                    break;
                }
            }

            return pause;
        });
    }

    private static LuaPause Resume(
        Workflow workflow, WorkflowVersion version, LuaCoroutine coroutine, WorkflowRun run, TimeSpan? eviction, LongTurn? longTurn)
    {
        version.Script.Run = run;
        workflow.InLua = new Slice(run);
        try
        {
            return coroutine.Resume(LongRuns.Turn, eviction, longTurn);
        }
        finally
        {
            workflow.InLua = null;
            version.Script.Run = null;
        }
    }

    private Run Ended(WorkflowVersion version, int handler, Occasion occasion, long began) => new()
    {
        Event = occasion.Seen,
        Handled = occasion.Handled,
        Handler = handler,
        StartedAt = (clock.GetUtcNow() - clock.GetElapsedTime(began)).ToUnixTimeMilliseconds(),
        Duration = clock.GetElapsedTime(began),
        Version = version.Hash,
        RetryOf = occasion.RetryOf,
    };

    private static string ReasonOf(LuaScriptException fault, LuaLimits limits) => fault.Fault switch
    {
        LuaFault.Time => $"the handler ran for more than {limits.MaxSlice.TotalSeconds:0.###} s (Workflows:HandlerTimeout) and was stopped",
        LuaFault.Memory => $"the workflow wanted more than {limits.MaxBytes} bytes (Workflows:MaxMemoryBytes) and was stopped: {fault.Message}",
        _ => fault.Message,
    };

    private void TellIfOurs(Workflow workflow, WorkflowVersion version)
    {
        if (version.Broken is { } ours)
        {
            LogCallBroken(ours, workflow.Name);
        }
    }

    private Run Told(Workflow workflow, Run failed)
    {
        workflow.LastError = failed.Reason;
        LogFailed(workflow.Name, failed.Event.Id, failed.Reason!);
        return failed;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Workflow {Workflow} failed for event {Event}: {Reason}")]
    private partial void LogFailed(string workflow, string @event, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A function that workflow {Workflow} called broke")]
    private partial void LogCallBroken(Exception fault, string workflow);
}
