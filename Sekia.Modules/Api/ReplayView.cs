using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Api;

/// <summary>What came of a replay.</summary>
/// <param name="Event">The event's id.</param>
/// <param name="Dry">Whether nothing was done.</param>
/// <param name="Published">The new event, when it was published again.</param>
/// <param name="Workflows">What each would do; empty when the event was published again, for that is to be seen there.</param>
public sealed record ReplayView(string Event, bool Dry, Receipt? Published, IReadOnlyList<ReplayWorkflow> Workflows);

/// <inheritdoc cref="ReplayedWorkflow"/>
public sealed record ReplayWorkflow(string Workflow, string Outcome, string? Version, string? Reason, IReadOnlyList<ReplayRun> Runs)
{
    internal static ReplayWorkflow Of(ReplayedWorkflow replayed, ReplaySpace space) =>
        new(replayed.Workflow, replayed.Outcome, replayed.Version, replayed.Reason, [.. replayed.Runs.Select(run => ReplayRun.Of(run, space))]);
}

/// <summary>What one handler would do. Of a run that fails none of what it asked for would be done, so that nothing of it is shown.</summary>
/// <param name="Calls">What it asked with <c>sekia.call</c>, which nobody was asked.</param>
/// <param name="State">What it would write under <c>sekia.state</c>.</param>
/// <param name="LeftOut">How much of it did not fit into the answer.</param>
public sealed record ReplayRun(
    int Handler,
    string Outcome,
    double DurationMs,
    string? Reason,
    string? Traceback,
    IReadOnlyList<string> Log,
    IReadOnlyList<ReplayCommand> Commands,
    IReadOnlyList<ReplayEvent> Events,
    IReadOnlyList<ReplayState> State,
    IReadOnlyList<ReplayCall> Calls,
    int LeftOut)
{
    internal static ReplayRun Of(ReplayedRun replayed, ReplaySpace space)
    {
        var run = replayed.Ended;
        var before = space.LeftOut;
        return new ReplayRun(
            HandlerMark.NumberIn(run.Handler),
            run.Outcome == RunOutcome.Failed ? "failed" : replayed.LeavesTraces ? "ok" : "no_effect",
            run.Duration.TotalMilliseconds,
            run.Reason,
            run.Traceback,
            space.Fit(run.Log?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [], line => line.Length, line => line),
            space.Fit(run.Commands, command => command.Payload.Length, command => new ReplayCommand(command.Agent, command.Name, new RawJson(command.Payload))),
            space.Fit(run.Events, evt => evt.Payload.Length, evt => new ReplayEvent(evt.Subject, evt.Type, new RawJson(evt.Payload))),
            space.Fit(run.State, change => change.Value?.Length ?? 0, change => new ReplayState(change.Key, change.Value is null, new RawJson(change.Value ?? JsonText.Null))),
            space.Fit(replayed.Calls, call => call.Asked.Payload.Length + (call.Result?.Length ?? 0), ReplayCall.Of),
            space.LeftOut - before);
    }
}

/// <summary>A command it would send.</summary>
public sealed record ReplayCommand(string Agent, string Command, RawJson Payload);

/// <summary>An event it would publish.</summary>
public sealed record ReplayEvent(string Subject, string Type, RawJson Payload);

/// <summary>A key it would write, or remove.</summary>
public sealed record ReplayState(string Key, bool Deleted, RawJson Value);

/// <summary>What it asked an agent, and what it was told instead: the answer of the first time, or why there is none.</summary>
public sealed record ReplayCall(string Agent, string Command, RawJson Payload, RawJson Result, string? Error)
{
    internal static ReplayCall Of(RecalledCall call) =>
        new(call.Asked.Agent, call.Asked.Name, new RawJson(call.Asked.Payload), new RawJson(call.Result ?? JsonText.Null), call.Error);
}

/// <summary>How much an answer may still hold: a script may ask for more than anybody wants to read.</summary>
internal sealed class ReplaySpace(long bytes)
{
    /// <summary>What an item takes besides its payload.</summary>
    private const int Overhead = 100;

    private long _left = bytes;

    /// <summary>How many items did not fit.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Those items that fit.</summary>
    public IReadOnlyList<TView> Fit<T, TView>(IEnumerable<T> items, Func<T, long> size, Func<T, TView> view)
    {
        var shown = new List<TView>();
        foreach (var item in items)
        {
            var needed = size(item) + Overhead;
            if (needed <= _left)
            {
                _left -= needed;
                shown.Add(view(item));
            }
            else
            {
                LeftOut++;
            }
        }

        return shown;
    }
}
