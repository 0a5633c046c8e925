using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Tells what a workflow as it is now would do with an event of the journal: its handlers run in a fresh state of the version that is
/// loaded, and what they ask for is collected and thrown away. Nothing of the workflow itself is touched.
/// </summary>
internal sealed partial class DryReplay(EventJournal journal, RunExecution execution, LongRuns longRuns, TimeProvider clock, ILogger<DryReplay> logger) : IDisposable
{
    /// <summary>Each may take as much memory as a workflow; one that is held in Lua keeps its place until it comes back.</summary>
    private const int MostAtATime = 2;

    /// <summary>How long one waits for a place, in real time.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _places = new(MostAtATime);
    private readonly ConcurrentDictionary<Workflow, TaskCompletionSource> _underWay = new();

    /// <summary>The names of those that are held.</summary>
    private string[] Held => [.. _underWay.Where(pair => pair.Value.Task.IsCompleted).Select(pair => pair.Key.Name).Order(StringComparer.Ordinal)];

    /// <summary>The workflows that are replayed at this moment: none of those that run.</summary>
    public IEnumerable<Workflow> UnderWay => _underWay.Keys;

    /// <summary>Replays one workflow.</summary>
    /// <param name="live">The workflow that runs.</param>
    /// <param name="evt">An event of the journal.</param>
    /// <param name="until">Ends it.</param>
    /// <exception cref="DryReplayBusyException">There are too many others at the moment.</exception>
    public async Task<ReplayedWorkflow> ReplayAsync(Workflow live, Event evt, CancellationToken until)
    {
        if (live.Current is not { } version)
        {
            return new ReplayedWorkflow(live.Name, "not_loaded");
        }

        if (version.WhyNot(evt) is { } reason)
        {
            return new ReplayedWorkflow(live.Name, reason);
        }

        if (evt.Subject == Workflow.SubjectOf(live.Name) && evt.Type != WorkflowEvents.ScheduleFired)
        {
            return new ReplayedWorkflow(live.Name, "retry_request");
        }

        if (Held.Length >= MostAtATime || !await _places.WaitAsync(s_patience, until))
        {
            throw new DryReplayBusyException(Held, MostAtATime);
        }

        var apart = new Workflow(live.Name, journal, execution, clock, NullLogger.Instance);
        var givenUp = _underWay[apart] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var replay = ExecuteAsync(live, version, apart, evt, until);
        return await Task.WhenAny(replay, givenUp.Task) == replay ? await replay : new ReplayedWorkflow(live.Name, "held");
    }

    /// <summary>Nobody waits any longer for a replay that is held in a call inside Lua.</summary>
    /// <returns>Whether the workflow is one that is replayed here.</returns>
    public bool GiveUp(Workflow held)
    {
        if (!_underWay.TryGetValue(held, out var givenUp))
        {
            return false;
        }

        if (givenUp.TrySetResult())
        {
            LogHeld(held.Name, Held.Length, MostAtATime);
        }

        return true;
    }

    public void Dispose() => _places.Dispose();

    private async Task<ReplayedWorkflow> ExecuteAsync(Workflow live, WorkflowVersion version, Workflow apart, Event evt, CancellationToken until)
    {
        try
        {
            if (live.Consumer is { } consumer)
            {
                apart.Memory.Load(journal.Reader.State(consumer.Turn.Consumer));
            }

            var occasion = new Occasion(evt, evt);
            using var fresh = await LoadAsync(version, apart, occasion, until);
            var runs = new List<ReplayedRun>();
            foreach (var handler in HandlersFor(fresh, evt))
            {
                var run = execution.Prepare(handler, occasion, takesLong: true);
                var ended = await execution.ReplayAsync(apart, fresh, run, occasion, until);
                runs.Add(new ReplayedRun(ended, run.Recalled, run.LeavesTraces));
            }

            return new ReplayedWorkflow(live.Name, OutcomeOf(runs)) { Version = version.Hash, Runs = runs };
        }
        catch (LuaScriptException fault)
        {
            return new ReplayedWorkflow(live.Name, "failed") { Version = version.Hash, Reason = $"the top level of the script fails: {fault.Message}" };
        }
        finally
        {
            _underWay.TryRemove(apart, out _);
            _places.Release();
        }
    }

    private static IEnumerable<Handler> HandlersFor(WorkflowVersion fresh, Event evt) => evt.Subject == Workflow.SubjectOf(fresh.Name)
        ? fresh.ScheduleOf(evt) is { } fired ? [fired] : []
        : fresh.HandlersOf(evt.Subject).Where(handler => handler.Wants(evt));

    private static string OutcomeOf(List<ReplayedRun> runs) =>
        runs.Exists(run => run.Ended.Outcome == RunOutcome.Failed) ? "failed" : runs.Exists(run => run.LeavesTraces) ? "ok" : "no_effect";

    /// <summary>The top level of the script may take as long as a run, and is watched as one.</summary>
    private async Task<WorkflowVersion> LoadAsync(WorkflowVersion version, Workflow apart, Occasion occasion, CancellationToken until)
    {
        var loading = execution.Prepare(new Handler(0, SubjectPattern.Parse(occasion.Seen.Subject), null, 0), occasion, takesLong: true);
        until.ThrowIfCancellationRequested();
        return await longRuns.TakeTurnAsync(loading, () =>
        {
            apart.InLua = new Slice(loading);
            try
            {
                return version.Apart(apart.Memory);
            }
            finally
            {
                apart.InLua = null;
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A dry replay of workflow {Workflow} is held in a call inside Lua that cannot be stopped. It keeps one of the places for dry replays, {Held} of {Places} now, and a thread, until the call ends or Sekia is started again")]
    private partial void LogHeld(string workflow, int held, int places);
}

/// <summary>What a workflow would do with an event.</summary>
/// <param name="Workflow">Its name.</param>
/// <param name="Outcome">
/// <c>ok</c>, <c>failed</c>, <c>no_effect</c>, or why it was not run: <c>no_pattern</c>, <c>type_filter</c>, <c>self_event</c>, <c>not_loaded</c>,
/// <c>retry_request</c> (the event asks for another run to be tried again; replay the event of that one); <c>held</c> when it was left in a
/// call inside Lua that cannot be stopped.
/// </param>
internal sealed record ReplayedWorkflow(string Workflow, string Outcome)
{
    /// <summary>The version that was executed; <c>null</c> when none was.</summary>
    public string? Version { get; init; }

    /// <summary>Why it could not even begin; <c>null</c> when it could.</summary>
    public string? Reason { get; init; }

    /// <summary>One for each handler that matched, in order.</summary>
    public IReadOnlyList<ReplayedRun> Runs { get; init; } = [];
}

/// <summary>A run that came to nothing.</summary>
/// <param name="Ended">What the journal would have recorded.</param>
/// <param name="Calls">What it asked with <c>sekia.call</c>.</param>
/// <param name="LeavesTraces">Whether it asked for anything at all, or logged.</param>
internal sealed record ReplayedRun(Run Ended, IReadOnlyList<RecalledCall> Calls, bool LeavesTraces);

/// <summary>There are as many dry replays as there may be, and they have not come to an end.</summary>
/// <param name="held">The workflows whose replays are held in a call inside Lua.</param>
/// <param name="places">How many replays there may be.</param>
internal sealed class DryReplayBusyException(IReadOnlyList<string> held, int places) : Exception(held.Count switch
{
    0 => $"{places} dry replays are under way, and there are no more at a time. Try again later.",
    var count when count < places =>
        $"{places} dry replays are under way, and there are no more at a time. Try again later; of {string.Join(", ", held)} one is held in a call inside Lua that cannot be stopped, and keeps its place until Sekia is started again.",
    _ => $"There is no place for a dry replay: those of {string.Join(", ", held)} are held in a call inside Lua that cannot be stopped, such as a pattern that takes for ever. "
        + "Correct the workflows, and start Sekia again to have their places back. Events are not held up.",
});
