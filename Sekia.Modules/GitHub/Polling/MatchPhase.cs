using System.Text.Json;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>Issues or pull requests that match labels and state. Each is told of when it begins to match, and not again while it does.</summary>
internal sealed class MatchPhase(PolledLists lists)
{
    private const int PageSize = 100;

    /// <summary>A list that has more pages is not read to its end.</summary>
    private const int MaxPages = 50;

    public async Task RunAsync(PolledRepo repo, PollOptions settings, RepoCursor cursor, PollTick tick, CancellationToken cancellationToken)
    {
        var matching = new HashSet<string>();

        // Issues with any of the labels, pull requests with all of them.
        var labels = settings.MatchPrs ? [string.Join(',', settings.Labels)] : settings.Labels.AsEnumerable();
        foreach (var label in labels)
        {
            await foreach (var item in ItemsAsync($"{repo.Path}/issues?state={settings.State}&sort=created&direction=asc&labels={Uri.EscapeDataString(label)}", cancellationToken))
            {
                var id = item.At("id").Text();
                if (item.At("pull_request").IsObject() != settings.MatchPrs || !matching.Add(id) || cursor.Matched.Contains(id))
                {
                    continue;
                }

                if (tick.IsFull)
                {
                    // What was not read may match as before.
                    return;
                }

                await TellAsync(repo, settings, tick, item, cancellationToken);
                cursor.Matched.Add(id);
            }
        }

        cursor.Matched.IntersectWith(matching);
    }

    private async Task TellAsync(PolledRepo repo, PollOptions settings, PollTick tick, JsonElement item, CancellationToken cancellationToken)
    {
        if (!settings.MatchPrs)
        {
            tick.Add(repo, "issues", "matched", item);
            return;
        }

        using var pullRequest = await lists.GetAsync($"{repo.Path}/pulls/{item.At("number").Number()}", cancellationToken);
        tick.Add(repo, "pull_request", "matched", pullRequest.RootElement);
    }

    private async IAsyncEnumerable<JsonElement> ItemsAsync(string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var number = 1; number <= MaxPages; number++)
        {
            using var page = await lists.ReadAsync(null, $"{path}&per_page={PageSize}&page={number}", cancellationToken);
            var items = 0;
            foreach (var item in page?.Items ?? [])
            {
                items++;
                yield return item;
            }

            if (items < PageSize)
            {
                yield break;
            }
        }
    }
}
