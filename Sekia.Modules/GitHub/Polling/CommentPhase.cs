using Sekia.Modules.GitHub.Deliveries;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>Comments on issues and pull requests. One that was only edited is not told of.</summary>
internal sealed class CommentPhase(PolledLists lists)
{
    public Task RunAsync(PolledRepo repo, ListCursor cursor, PollTick tick, CancellationToken cancellationToken) =>
        ChangedList.ReadAsync(
            lists,
            $"{repo}/comments",
            $"{repo.Path}/issues/comments?sort=updated&direction=asc",
            cursor,
            tick,
            comment =>
            {
                if (cursor.BeginsToTell(comment.At("id").Text(), comment.At("created_at").Text()))
                {
                    tick.Add(repo, "issue_comment", "created", comment);
                }

                return Task.CompletedTask;
            },
            cancellationToken);
}
