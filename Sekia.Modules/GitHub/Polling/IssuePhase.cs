using System.Text.Json;
using Sekia.Modules.GitHub.Deliveries;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>Issues and pull requests in the order of their last change: one list at GitHub, which has both.</summary>
internal sealed class IssuePhase(PolledLists lists)
{
    public Task RunAsync(PolledRepo repo, ListCursor cursor, PollTick tick, CancellationToken cancellationToken) =>
        ChangedList.ReadAsync(
            lists, $"{repo}/issues", $"{repo.Path}/issues?state=all&sort=updated&direction=asc", cursor, tick, item => TellAsync(repo, cursor, tick, item, cancellationToken), cancellationToken);

    private async Task TellAsync(PolledRepo repo, ListCursor cursor, PollTick tick, JsonElement item, CancellationToken cancellationToken)
    {
        var id = item.At("id").Text();
        if (!item.At("pull_request").IsObject())
        {
            Tell(repo, cursor, tick, "issues", id, item);
            return;
        }

        // The list does not say from which branch to which, nor whether it was merged.
        using var whole = await lists.PullRequestAsync(repo, item, tick, cancellationToken);
        if (whole is not null)
        {
            Tell(repo, cursor, tick, "pull_request", id, whole.RootElement);

            // It may have changed since the list was read.
            cursor.SeeAhead(ChangedList.VersionOf(id, whole.RootElement), whole.RootElement.At("updated_at").Text());
        }
    }

    /// <summary>What is new about an item: that it was opened, closed, both, or something else.</summary>
    private static void Tell(PolledRepo repo, ListCursor cursor, PollTick tick, string kind, string id, JsonElement item)
    {
        var opened = cursor.BeginsToTell($"{id}/opened", item.At("created_at").Text());
        var closed = cursor.BeginsToTell($"{id}/closed", item.At("closed_at").Text());
        if (opened)
        {
            tick.Add(repo, kind, "opened", item);
        }

        if (closed)
        {
            tick.Add(repo, kind, "closed", item);
        }

        if (!opened && !closed)
        {
            tick.Add(repo, kind, "updated", item);
        }
    }
}
