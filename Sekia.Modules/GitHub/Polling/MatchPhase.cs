using System.Text.Json;
using Sekia.Modules.GitHub.Deliveries;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>Issues or pull requests that match labels and state. Each is told of when it begins to match, and not again while it does.</summary>
/// <remarks>
/// While the list is read, items leave it, and others move to pages that have been read. So none is taken for one that matches no more
/// because it was not seen: it is looked at by itself.
/// </remarks>
internal sealed class MatchPhase(PolledLists lists)
{
    public async Task RunAsync(PolledRepo repo, PollOptions settings, RepoCursor cursor, PollTick tick, CancellationToken cancellationToken)
    {
        var matching = new HashSet<long>();

        // Issues with any of the labels, pull requests with all of them.
        var labels = settings.MatchPrs ? [string.Join(',', settings.Labels)] : settings.Labels.AsEnumerable();
        foreach (var label in labels)
        {
            await foreach (var item in lists.ItemsAsync($"{repo.Path}/issues?state={settings.State}&sort=created&direction=asc&labels={Uri.EscapeDataString(label)}&per_page=100", cancellationToken))
            {
                var number = item.At("number").Number();
                if (item.At("pull_request").IsObject() != settings.MatchPrs || !matching.Add(number) || cursor.Matched.Contains(number))
                {
                    continue;
                }

                if (tick.IsFull)
                {
                    // What was not read may match as before.
                    return;
                }

                if (await TellAsync(repo, settings, tick, item, cancellationToken))
                {
                    cursor.Matched.Add(number);
                }
            }
        }

        foreach (var number in cursor.Matched.Except(matching).ToArray())
        {
            using var item = await lists.IssueAsync(repo, number, cancellationToken);
            if (item is null || !Matches(settings, item.RootElement))
            {
                cursor.Matched.Remove(number);
            }
        }
    }

    private async Task<bool> TellAsync(PolledRepo repo, PollOptions settings, PollTick tick, JsonElement item, CancellationToken cancellationToken)
    {
        if (!settings.MatchPrs)
        {
            tick.Add(repo, "issues", "matched", item);
            return true;
        }

        using var whole = await lists.PullRequestAsync(repo, item, tick, cancellationToken);
        if (whole is null)
        {
            return false;
        }

        tick.Add(repo, "pull_request", "matched", whole.RootElement);
        return true;
    }

    private static bool Matches(PollOptions settings, JsonElement item)
    {
        var names = item.At("labels").ValueKind == JsonValueKind.Array ? item.At("labels").EnumerateArray().Select(label => label.At("name").Text()) : [];
        var held = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return item.At("pull_request").IsObject() == settings.MatchPrs
            && (settings.State == "all" || item.At("state").Text() == settings.State)
            && (settings.MatchPrs ? settings.Labels.All(held.Contains) : settings.Labels.Exists(held.Contains));
    }
}
