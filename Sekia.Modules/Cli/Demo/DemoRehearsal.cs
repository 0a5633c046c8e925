namespace Sekia.Modules.Cli.Demo;

/// <summary>
/// What the deliveries would lead to, found out with a host that sends nothing: which agents act is known to the workflows only. What a
/// workflow keeps in its state begins anew there, so one that acts at every tenth event only is not found out.
/// </summary>
/// <param name="Workflows">The workflows that were there, each with its version.</param>
/// <param name="Agents">Whom they asked for something.</param>
internal sealed record DemoRehearsal(IReadOnlySet<string> Workflows, IReadOnlySet<string> Agents)
{
    /// <param name="host">The host of the rehearsal.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<DemoRehearsal> PlayAsync(DemoClient host, CancellationToken cancellationToken)
    {
        var agents = new HashSet<string>(StringComparer.Ordinal);
        foreach (var delivery in DemoDelivery.All)
        {
            var (_, body) = await host.DeliverAsync(delivery, cancellationToken);
            if ((string?)body?["id"] is { } id)
            {
                agents.UnionWith(DemoPath.AgentsOf(await host.FollowAsync(id, cancellationToken)));
            }
        }

        return new DemoRehearsal(await host.WorkflowsAsync(cancellationToken), agents);
    }

    /// <summary>Why the deliveries should not be played to a host; <c>null</c> when nothing would really be sent.</summary>
    /// <param name="live">Its agents that really send.</param>
    /// <param name="workflows">Its workflows, each with its version.</param>
    public string? Objection(IReadOnlySet<string> live, IReadOnlySet<string> workflows)
    {
        if (!workflows.SetEquals(Workflows))
        {
            return $"has other workflows than there are here, so that nobody can say whom the samples would make act, and really sends what is asked of {Names(live)}";
        }

        var acting = live.Intersect(Agents).ToArray();
        return acting.Length == 0 ? null : $"really sends what the samples would ask of {Names(acting)}";
    }

    private static string Names(IEnumerable<string> agents) => string.Join(", ", agents.Order(StringComparer.Ordinal));
}
