using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

/// <summary>Killed at any moment and started again, it has every event it accepted, once.</summary>
public sealed class EventKillTests : IDisposable
{
    private const int Rounds = 25;
    private const int Connections = 4;

    private readonly TemporaryFolder _root = new();
    private readonly int _seed = Random.Shared.Next();

    [Fact]
    public async Task Events_survive_kills_exactly_once()
    {
        var random = new Random(_seed);
        EventPoster[] posters = [.. Enumerable.Range(0, Connections).Select(connection => new EventPoster(connection))];
        for (var round = 0; round < Rounds; round++)
        {
            await using var sekia = await RunningSekia.StartAsync(_root);
            await KillRound.PlayAsync(sekia, posters, (poster, onAnswer, stop) => poster.PostAsync(sekia.Client, onAnswer, stop), answers: random.Next(1, 400), spin: random.Next(200_000));
        }

        await using var last = await RunningSekia.StartAsync(_root);
        await Task.WhenAll(posters.Select(poster => poster.SettleAsync(last.Client)));
        await AssertSoundAsync(last, posters);
    }

    public void Dispose() => _root.Dispose();

    private async Task AssertSoundAsync(RunningSekia sekia, EventPoster[] posters)
    {
        var recorded = new Dictionary<string, int>();
        var count = 0L;
        for (long? after = 0; after is not null;)
        {
            var page = await sekia.GetAsync($"/api/v1/events?limit=1000&after={after}");
            foreach (var evt in page["events"]!.AsArray())
            {
                Assert.Equal(++count, (long)evt!["seq"]!);
                var mark = (string)evt["payload"]!["mark"]!;
                recorded[mark] = recorded.GetValueOrDefault(mark) + 1;
            }

            after = (long?)page["next"];
        }

        var sums = (await sekia.GetAsync("/api/v1/status"))["events"]!;
        var accepted = posters.SelectMany(poster => poster.Accepted).ToHashSet();
        var unanswered = posters.SelectMany(poster => poster.Unanswered).ToHashSet();
        Assert.True(accepted.All(mark => recorded.GetValueOrDefault(mark) == 1), $"An accepted event is not there exactly once; seed {_seed}.");
        Assert.True(recorded.All(one => one.Value == 1), $"An event is there twice; seed {_seed}.");
        Assert.True(recorded.Keys.All(mark => accepted.Contains(mark) || unanswered.Contains(mark)), $"An event is there that nobody posted; seed {_seed}.");
        Assert.Equal((count, count), ((long)sums["accepted"]!, (long)sums["head"]!));
        Assert.True(accepted.Count > Rounds, $"Only {accepted.Count} events were accepted; seed {_seed}.");
        Assert.NotEmpty(unanswered);
    }
}
