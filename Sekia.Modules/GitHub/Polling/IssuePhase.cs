using System.Net;
using System.Text.Json;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>Issues and pull requests in the order of their last change: one list at GitHub, which has both.</summary>
internal sealed class IssuePhase(PolledLists lists)
{
    public Task RunAsync(PolledRepo repo, ListCursor cursor, PollTick tick, CancellationToken cancellationToken) =>
        ChangedList.ReadAsync(
            lists, $"{repo}/issues", $"{repo.Path}/issues?state=all&sort=updated&direction=asc", cursor, tick, item => TellAsync(repo, cursor, tick, item, cancellationToken), cancellationToken);

    private async Task TellAsync(PolledRepo repo, ListCursor cursor, PollTick tick, JsonElement item, CancellationToken cancellationToken)
    {
        if (!item.At("pull_request").IsObject())
        {
            Tell(repo, cursor, tick, "issues", item);
            return;
        }

        // The list does not say from which branch to which, nor whether it was merged.
        try
        {
            using var pullRequest = await lists.GetAsync($"{repo.Path}/pulls/{item.At("number").Number()}", cancellationToken);
            Tell(repo, cursor, tick, "pull_request", pullRequest.RootElement);
        }
        catch (GitHubRefusedException gone) when (gone.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            // It is in the list and not there: nobody will ever read it, and the others must not wait for it.
            tick.Trouble($"{repo}: {gone.Message}");
        }
    }

    /// <summary>What is new about an item: that it was opened, closed, both, or something else.</summary>
    private static void Tell(PolledRepo repo, ListCursor cursor, PollTick tick, string kind, JsonElement item)
    {
        var (created, closed) = (item.At("created_at").Text(), item.At("closed_at").Text());
        if (PollTime.IsAfter(created, cursor.News))
        {
            tick.Add(repo, kind, "opened", item);
        }

        if (PollTime.IsAfter(closed, cursor.News))
        {
            tick.Add(repo, kind, "closed", item);
        }

        if (!PollTime.IsAfter(created, cursor.Complete) && !PollTime.IsAfter(closed, cursor.Complete))
        {
            tick.Add(repo, kind, "updated", item);
        }
    }
}
