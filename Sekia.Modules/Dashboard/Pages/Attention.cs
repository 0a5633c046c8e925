using Sekia.Modules.Api;
using Sekia.Modules.Dashboard.Parts;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary>Something that a person should look at.</summary>
/// <param name="Status">What kind, as a badge shows it.</param>
/// <param name="Text">In a sentence or its beginning.</param>
/// <param name="Path">Where more about it is, and what can be done.</param>
public sealed record AttentionItem(string Status, string Text, string Path);

/// <summary>Gathers what needs attention, the worst first.</summary>
internal sealed class Attention(EventJournal journal, StatusApi status, IEnumerable<WorkflowsApi> workflows)
{
    /// <summary>A workflow that is further behind than this is worth a look.</summary>
    private const long MuchLag = 1000;

    /// <summary>Dead letters are counted no further: nobody is helped by the exact number of ten thousand, and every page would pay for it.</summary>
    private const int MostCounted = 1000;

    public IReadOnlyList<AttentionItem> Now() => [.. Journal(), .. DeadLetters(), .. ForNobody(), .. Agents(), .. Workflows()];

    private IEnumerable<AttentionItem> Journal() =>
        journal.UnavailableBecause is { } reason ? [new("failed", $"Nothing is accepted now: {reason}.", "/web/settings")] : [];

    private IEnumerable<AttentionItem> DeadLetters()
    {
        var (runs, failed, uncertain) = journal.Reader.CountDead(MostCounted + 1);
        if (uncertain > 0)
        {
            yield return new("uncertain", $"{Spoken.Bounded(uncertain, MostCounted, "command")} may or may not have been carried out: look, then decide.", "/web/commands?status=uncertain");
        }

        if (runs > 0)
        {
            yield return new("failed", $"{Spoken.Bounded(runs, MostCounted, "run")} failed.", "/web/failures");
        }

        if (failed > 0)
        {
            yield return new("failed", $"{Spoken.Bounded(failed, MostCounted, "command")} failed.", "/web/commands?status=failed");
        }
    }

    private IEnumerable<AttentionItem> ForNobody() =>
        from agent in status.ForNobody(MostCounted + 1)
        select new AttentionItem(
            "pending",
            $"{Spoken.Bounded(agent.Count, MostCounted, "command")} {(agent.Count == 1 ? "waits" : "wait")} for '{agent.Agent}', and there is no agent of this name.",
            $"/web/commands?status=pending&agent={Uri.EscapeDataString(agent.Agent)}");

    private IEnumerable<AttentionItem> Agents() =>
        from agent in status.Agents().Agents
        where agent.Status is "degraded" or "stale"
        select new AttentionItem(agent.Status, $"{agent.Name}: {agent.Reason ?? "no heartbeat, its loop hangs"}", $"/web/agents/{Uri.EscapeDataString(agent.Name)}");

    private IEnumerable<AttentionItem> Workflows()
    {
        // There are none when workflows are switched off.
        foreach (var list in workflows.Select(api => api.List()))
        {
            foreach (var refused in list.Refused)
            {
                yield return new("refused", $"{refused.Name} did not load: {refused.Error}", PathOf(refused.Name));
            }

            foreach (var workflow in list.Workflows)
            {
                if (workflow.Wedged > 0)
                {
                    yield return new("wedged", $"{workflow.Name}: {Spoken.Count(workflow.Wedged, "run")} is held inside a call of Lua's and was left behind.", PathOf(workflow.Name));
                }

                if (workflow.LoadError is { } error)
                {
                    yield return new("degraded", $"{workflow.Name} runs in its last good version, for its file has an error: {error}", PathOf(workflow.Name));
                }

                if (workflow.Waiting > MuchLag)
                {
                    yield return new("degraded", $"{workflow.Name} is behind: {Spoken.Count(workflow.Waiting, "event")} wait for it.", PathOf(workflow.Name));
                }
            }
        }
    }

    private static string PathOf(string workflow) => $"/web/workflows/{Uri.EscapeDataString(workflow)}";
}
