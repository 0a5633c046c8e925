using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Api;

/// <summary>How many were decided about.</summary>
internal sealed record Counted(int Count);

/// <param name="Runs">The newest first.</param>
/// <param name="Next">What to pass as <c>before</c> to go on; <c>null</c> at the end.</param>
public sealed record RunPage(IReadOnlyList<RunView> Runs, long? Next);

/// <summary>A run as the API shows it.</summary>
/// <param name="Handler">The place of its handler in the file at that time, from 1; 0 for a schedule.</param>
/// <param name="StartedAt">Unix milliseconds.</param>
public sealed record RunView(
    long Id,
    string Workflow,
    long Event,
    int Handler,
    string Outcome,
    long StartedAt,
    double DurationMs,
    string? Version,
    long Commands,
    long Events,
    string? Reason,
    string? Traceback,
    IReadOnlyList<string> Log,
    long? DismissedAt)
{
    /// <summary>The name of the workflow whose run it is.</summary>
    internal static string WorkflowOf(RunRecord run) => run.Consumer[Workflows.Workflow.SourceOf("").Length..];

    internal static RunView Of(RunRecord run) => new(
        run.Id,
        WorkflowOf(run),
        run.Event,
        HandlerMark.NumberIn(run.Handler),
        run.Outcome == RunOutcome.Ok ? "ok" : "failed",
        run.StartedAt,
        run.DurationMicroseconds / 1000.0,
        run.Version,
        run.Commands,
        run.Events,
        run.Reason,
        run.Traceback,
        run.Log?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [],
        run.DismissedAt);
}
