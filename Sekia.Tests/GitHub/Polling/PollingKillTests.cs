using System.Text.Json.Nodes;
using Sekia.Modules.GitHub.Deliveries;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub.Polling;

/// <summary>Killed at any moment and started again, it has told of everything that happened in a repository, once.</summary>
public sealed class PollingKillTests : IDisposable
{
    private const int Rounds = 8;

    private readonly TemporaryFolder _root = new();
    private readonly int _seed = Random.Shared.Next();

    [Fact]
    public async Task Reading_survives_kills_and_nothing_is_lost_or_told_twice()
    {
        var random = new Random(_seed);
        await using var github = await PolledGitHub.StartAsync();
        var repository = github.Repository("o/r");
        var expected = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            await using var sekia = await StartAsync(github);

            // In the first round twice: only when the second look begins the first cursor is on disk, and what happens before that is not promised.
            await Eventually.HoldsAsync(HasLookedSince(github, github.Requests.Count, times: round == 0 ? 2 : 1));
            for (var step = random.Next(20, 120); step > 0; step--)
            {
                Happen(repository, expected, random);
                github.Now += TimeSpan.FromSeconds(random.Next(3));
            }

            // Somewhere in the middle of reading what happened.
            var until = github.Requests.Count + random.Next(1, 40);
            await Eventually.HoldsAsync(() => github.Requests.Count >= until || random.Next(400) == 0);
            sekia.Kill();
            for (var step = random.Next(20); step > 0; step--)
            {
                Happen(repository, expected, random);
            }

            github.Now += TimeSpan.FromMinutes(random.Next(300));
        }

        await using var last = await StartAsync(github);
        List<string> seen = [];
        var told = await Eventually.GetAsync(
            async () => (seen = await ToldAsync(last)) is var all && expected.All(all.Contains) ? all : null,
            () => $"all is told; seed {_seed}, missing {string.Join(", ", expected.Except(seen))}",
            TimeSpan.FromMinutes(3));

        Assert.True(told.Count == told.Distinct().Count(), $"Something is told twice; seed {_seed}: {string.Join(", ", told.GroupBy(one => one).Where(group => group.Count() > 1).Select(group => group.Key))}");
        Assert.Equal(expected.Order(), told.Order());
    }

    public void Dispose() => _root.Dispose();

    /// <summary>An issue or a pull request is opened, closed or edited, or somebody comments.</summary>
    private static void Happen(PolledRepository repository, List<string> expected, Random random)
    {
        var issues = repository.Count;
        switch (random.Next(6))
        {
            case 0 or 1:
                expected.Add($"github.issue.opened {repository.OpenIssue()}");
                break;
            case 2:
                expected.Add($"github.pr.opened {repository.OpenPullRequest()}");
                break;
            case 3 when issues > 0:
                expected.Add($"github.comment.created {repository.Comment(random.Next(issues) + 1)}");
                break;
            case 4 when issues > 0 && random.Next(issues) + 1 is var number && repository.IsOpen(number):
                repository.Close(number, merged: true);
                expected.Add($"github.{(repository.IsPullRequest(number) ? "pr.merged" : "issue.closed")} {number}");
                break;
            case 5 when issues > 0:
                repository.Edit(random.Next(issues) + 1);
                break;
        }
    }

    private static Func<bool> HasLookedSince(PolledGitHub github, int asked, int times) =>
        () => github.Requests.Skip(asked).Count(request => request.PathAndQuery.Contains("/comments?", StringComparison.Ordinal)) >= times;

    private Task<RunningSekia> StartAsync(PolledGitHub github) => RunningSekia.StartAsync(
        _root, $"GitHub:BaseUrl={github.Address}", "GitHub:Token=ghp_not-a-token", "GitHub:Poll:Enabled=true", "GitHub:Poll:Repos=o/r", "GitHub:Poll:Interval=00:00:01", "GitHub:Poll:PerTick=30");

    /// <summary>All that is told but edits, of which only the last is seen.</summary>
    private static async Task<List<string>> ToldAsync(RunningSekia sekia)
    {
        var found = new List<string>();
        for (long? after = 0; after is not null;)
        {
            var page = await sekia.GetAsync($"/api/v1/events?limit=1000&after={after}");
            found.AddRange(page["events"]!.AsArray().Where(evt => (string)evt!["source"]! == "github" && !((string)evt["type"]!).EndsWith("updated", StringComparison.Ordinal)).Select(Tell!));
            after = (long?)page["next"];
        }

        return found;
    }

    private static string Tell(JsonNode evt) => $"{evt["type"]} {evt["payload"]!["number"] ?? evt["payload"]!["comment_id"]}";
}
