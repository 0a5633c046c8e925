using Microsoft.Extensions.Hosting;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Mcp;

/// <summary>Tells clients of workflows that were loaded anew, to those who watch them, and of workflows that came or went.</summary>
internal sealed class WorkflowChanges(WorkflowEngine engine, McpSessions sessions) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var known = Versions();
        while (!stoppingToken.IsCancellationRequested)
        {
            // Taken before looking: what changes meanwhile is looked at anew.
            var change = engine.NextVersion;
            var now = Versions();
            await TellAsync(known, now, stoppingToken);
            known = now;
            await Task.WhenAny(change, Task.Delay(Timeout.Infinite, stoppingToken));
        }
    }

    private Dictionary<string, string> Versions() => engine.Workflows.ToDictionary(workflow => workflow.Name, workflow => workflow.Current?.Hash ?? "", StringComparer.Ordinal);

    private async Task TellAsync(Dictionary<string, string> before, Dictionary<string, string> now, CancellationToken cancellationToken)
    {
        var changed = now.Keys.Union(before.Keys).Where(name => before.GetValueOrDefault(name) != now.GetValueOrDefault(name)).Select(WorkflowResources.UriOf).ToArray();
        var listChanged = !before.Keys.ToHashSet().SetEquals(now.Keys);
        foreach (var session in changed.Length == 0 ? [] : sessions.All)
        {
            foreach (var uri in changed.Where(session.Watched.Has))
            {
                await session.NotifyOfAsync(uri, cancellationToken);
            }

            if (listChanged)
            {
                await session.NotifyAsync(NotificationMethods.ResourceListChangedNotification, cancellationToken);
            }
        }
    }
}
