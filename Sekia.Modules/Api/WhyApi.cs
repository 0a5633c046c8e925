using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Api;

/// <summary><c>/api/v1/events/{id}/why</c>: what became of an event, down to the last consequence, and why others did not act.</summary>
internal sealed class WhyApi(EventJournal journal, WorkflowEngine engine, CommandDispatcher dispatcher, AgentRegistry agents)
{
    /// <summary>One answer follows no more consequences than this.</summary>
    private const int MaxEvents = 500;

    public static void Map(IEndpointRouteBuilder api) => api
        .MapGet("/events/{id}/why", (string id, WhyApi why) => ApiJson.Answer(why.Explain(id)))
        .WithMetadata(new RouteDescription("Explains what became of an event") { Answer = ApiJson.Readable.WhyView, Refusals = [404] });

    /// <exception cref="BadHttpRequestException">There is no such event.</exception>
    /// <param name="id">The event's.</param>
    /// <param name="levels">How many consequences of consequences are told.</param>
    public WhyView Explain(string id, int levels = Event.MaxDepth)
    {
        var left = MaxEvents;
        return Why(EventsApi.Find(journal, id), levels, ref left);
    }

    private WhyView Why(Event evt, int levels, ref int left)
    {
        left--;

        // Before the runs: what is done between the two is waiting in this answer, and not without effect.
        var passed = engine.Workflows.Where(workflow => workflow.Consumer is { } consumer && consumer.Position >= evt.Seq).Select(workflow => workflow.Name).ToHashSet();
        var runs = journal.Reader.RunsOf(evt.Seq);
        var workflows = new List<WhyWorkflow>();
        foreach (var name in runs.Select(run => run.Consumer).Union(engine.Workflows.Select(workflow => workflow.Name).Concat(engine.Refused.Keys).Select(Workflow.SourceOf)).Order(StringComparer.Ordinal))
        {
            var own = runs.Where(run => run.Consumer == name).ToArray();
            var bare = name[Workflow.SourceOf("").Length..];
            var seen = new List<WhyRun>();
            foreach (var run in own)
            {
                seen.Add(Why(run, levels, ref left));
            }

            var calls = journal.Reader.CommandsOfKeys(name, Questions.KeysOf(bare, evt), MaxEvents).Select(command => CommandView.Of(command, dispatcher.WithAgents, agents));
            workflows.Add(new WhyWorkflow(bare, OutcomeOf(bare, evt, own, passed.Contains(bare)), seen, [.. calls]));
        }

        return new WhyView(EventView.Of(evt), workflows);
    }

    private WhyRun Why(RunRecord run, int levels, ref int left)
    {
        var withAgents = dispatcher.WithAgents;
        var commands = Numbers(run.FirstCommand, run.Commands).Select(journal.Reader.Command).OfType<Command>().Select(command => CommandView.Of(command, withAgents, agents));
        var events = new List<WhyView>();
        foreach (var published in Numbers(run.FirstEvent, run.Events).Select(journal.Reader.Event).OfType<Event>())
        {
            if (left > 0 && levels > 0)
            {
                events.Add(Why(published, levels - 1, ref left));
            }
        }

        return new WhyRun(RunView.Of(run), [.. commands], events);
    }

    /// <summary>In one word: what it did with the event, or why it did nothing.</summary>
    private string OutcomeOf(string name, Event evt, RunRecord[] runs, bool isPast)
    {
        if (runs.Length > 0)
        {
            // A handler that was tried again has more than one run: the last one tells.
            return runs.GroupBy(run => HandlerMark.IdentityIn(run.Handler)).Any(tries => tries.Last().Outcome == RunOutcome.Failed) ? "failed" : "ok";
        }

        var workflow = engine.Workflows.FirstOrDefault(one => one.Name == name);
        if (workflow?.Current is not { } version)
        {
            return "not_loaded";
        }

        return version.WhyNot(evt) ?? (
            !isPast && workflow.DisabledAt is not null ? "disabled"
            : !isPast || workflow.Consumer is not { } consumer ? "waiting"
            : evt.Seq <= consumer.Since ? "before_it_began"
            : "no_effect");
    }

    private static IEnumerable<long> Numbers(long? first, long count) =>
        first is { } start ? Enumerable.Range(0, (int)Math.Min(count, MaxEvents)).Select(i => start + i) : [];
}

/// <summary>An event and what became of it.</summary>
public sealed record WhyView(EventView Event, IReadOnlyList<WhyWorkflow> Workflows);

/// <summary>What one workflow did with the event.</summary>
/// <param name="Workflow">Its name.</param>
/// <param name="Outcome">
/// <c>ok</c>, <c>failed</c>, <c>waiting</c>, <c>no_effect</c>, or why it was not run: <c>no_pattern</c>, <c>type_filter</c>, <c>self_event</c>,
/// <c>before_it_began</c>, <c>not_loaded</c> (its file has no good version, or is gone), <c>disabled</c> (it is switched off, and the event waits).
/// </param>
/// <param name="Runs">Its handlers' runs.</param>
/// <param name="Calls">What its runs asked for with <c>sekia.call</c>, whether or not they ended well.</param>
public sealed record WhyWorkflow(string Workflow, string Outcome, IReadOnlyList<WhyRun> Runs, IReadOnlyList<CommandView> Calls);

/// <summary>A run with its commands and what its events led to.</summary>
public sealed record WhyRun(RunView Run, IReadOnlyList<CommandView> Commands, IReadOnlyList<WhyView> Events);
