using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>Which handlers of a workflow an event is for: each of them is a run of its own.</summary>
internal sealed class HandlerDispatch(EventJournal journal, RunExecution execution)
{
    /// <summary>Executes what an event leads to, one run after the other, and adds it to the batch.</summary>
    /// <exception cref="StateGivenUpException">A run has to be executed again in a fresh state.</exception>
    public async ValueTask HandleAsync(Workflow workflow, WorkflowVersion version, Event evt, RunBatch batch, CancellationToken until)
    {
        if (evt.Subject == Workflow.SubjectOf(workflow.Name))
        {
            await HandleOwnAsync(workflow, version, evt, batch, until);
            return;
        }

        // What it has published itself would lead it in circles.
        if (evt.Source == Workflow.SourceOf(workflow.Name))
        {
            return;
        }

        foreach (var handler in version.HandlersOf(evt.Subject))
        {
            if (handler.Types?.Matches(evt.Type) ?? true)
            {
                batch.Add(await execution.RunAsync(workflow, version, handler, new Occasion(evt, evt), batch, until));
            }
        }
    }

    /// <summary>A schedule that fires, or a failed run to try again.</summary>
    private async ValueTask HandleOwnAsync(Workflow workflow, WorkflowVersion version, Event evt, RunBatch batch, CancellationToken until)
    {
        if (evt.Type == WorkflowEvents.ScheduleFired)
        {
            if (version.ScheduleOf(evt) is { } fired)
            {
                batch.Add(await execution.RunAsync(workflow, version, fired, new Occasion(evt, evt), batch, until));
            }
        }
        else if (evt.Type == WorkflowEvents.RunRetried)
        {
            // Someone may ask twice: only when the first answer is in the journal can the second be told from it.
            await batch.FlushAsync();
            if (journal.Reader.FailedRun(WorkflowEvents.NumberIn(evt)) is { } failed && failed.Consumer == Workflow.SourceOf(workflow.Name)
                && journal.Reader.Event(failed.Event) is { } original)
            {
                batch.Add(await RetryAsync(workflow, version, failed, new Occasion(original, evt, failed.Id), batch, until));
            }
        }
    }

    private async ValueTask<Run?> RetryAsync(Workflow workflow, WorkflowVersion version, RunRecord failed, Occasion occasion, RunBatch batch, CancellationToken until)
    {
        var scheduled = occasion.Seen.Subject == Workflow.SubjectOf(workflow.Name);
        var handler = scheduled ? version.ScheduleOf(occasion.Seen) : version.HandlerOf(failed.Handler, occasion.Seen);
        return handler is not null
            ? await execution.RunAsync(workflow, version, handler, occasion, batch, until)
            : execution.Failed(workflow, version, failed.Handler, occasion, new LuaScriptException(
                LuaFault.Script, scheduled ? "the workflow has no such schedule any more" : WhyGone(failed.Handler), ""));
    }

    private static string WhyGone(int mark) => HandlerMark.HasIdentity(mark)
        ? $"the workflow has no handler any more with the pattern and type filter of the one that failed, number {HandlerMark.NumberIn(mark)} then; put it back, or dismiss this"
        : $"it is only recorded that handler {HandlerMark.NumberIn(mark)} failed, which may be another one now; publish the event once more, or dismiss this";
}
