using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

/// <summary>
/// Killed at any moment and started again, it carries out every command it accepted: once and again if that does no harm, otherwise
/// once at most, and what nobody can know it says.
/// </summary>
public sealed class CommandKillTests : IDisposable
{
    private const int Rounds = 25;
    private const int Connections = 4;
    private static readonly string[] s_settings = ["Http:AllowedAddresses:0=127.0.0.1/32", "Http:Concurrency=8"];

    private readonly TemporaryFolder _root = new();
    private readonly int _seed = Random.Shared.Next();

    [Fact]
    public async Task Commands_survive_kills_and_none_is_carried_out_twice_behind_anyones_back()
    {
        var random = new Random(_seed);
        await using var server = await RecordingServer.StartAsync();
        var held = new HeldAnswers(server);
        CommandPoster[] posters = [.. Enumerable.Range(0, Connections).Select(connection => new CommandPoster(connection, server.Address))];
        for (var round = 0; round < Rounds; round++)
        {
            held.HoldNext(2);
            await using var sekia = await RunningSekia.StartAsync(_root, s_settings);
            await KillRound.PlayAsync(sekia, posters, (poster, onAnswer, stop) => poster.SendAsync(sekia.Client, onAnswer, stop), answers: random.Next(1, 120), spin: random.Next(200_000));
            held.Release();
        }

        await using var last = await RunningSekia.StartAsync(_root, s_settings);
        await Task.WhenAll(posters.Select(poster => poster.SettleAsync(last.Client)));
        var sums = await Eventually.GetAsync(
            async () => (await last.GetAsync("/api/v1/status"))["commands"]!.AsObject() is var now && (long)now["pending"]! + (long)now["running"]! == 0 ? now : null,
            () => $"nothing pending; seed {_seed}",
            TimeSpan.FromMinutes(2));
        await AssertSoundAsync(last, posters, server, sums);
    }

    public void Dispose() => _root.Dispose();

    private async Task AssertSoundAsync(RunningSekia sekia, CommandPoster[] posters, RecordingServer server, JsonObject sums)
    {
        var requests = server.Requests.GroupBy(request => request.PathAndQuery.Split('=')[1]).ToDictionary(group => group.Key, group => group.Count());
        var statuses = await StatusesAsync(sekia);
        var accepted = posters.SelectMany(poster => poster.Accepted).ToHashSet();

        foreach (var (mark, status) in statuses)
        {
            var seen = requests.GetValueOrDefault(mark);
            var sound = CommandPoster.MayRepeat(mark)
                ? status == "succeeded" && seen >= 1
                : (status == "succeeded" && seen == 1) || (status == "uncertain" && seen <= 1);
            Assert.True(sound, $"{mark} is {status} after {seen} requests; seed {_seed}.");
        }

        Assert.True(accepted.All(statuses.ContainsKey), $"An accepted command is lost; seed {_seed}.");
        Assert.True(requests.Keys.All(statuses.ContainsKey), $"A command was carried out that is not recorded; seed {_seed}.");
        foreach (var name in (string[])["succeeded", "uncertain", "failed", "dry_run"])
        {
            Assert.Equal(statuses.Values.Count(status => status == name), (int)sums[name]!);
        }

        Assert.True(accepted.Count > Rounds, $"Only {accepted.Count} commands were accepted; seed {_seed}.");
        Assert.Contains("uncertain", statuses.Values);
        Assert.Contains(requests, one => one.Value > 1);
    }

    /// <summary>The status of every command by its mark, of which none may be there twice.</summary>
    private static async Task<Dictionary<string, string>> StatusesAsync(RunningSekia sekia)
    {
        var statuses = new Dictionary<string, string>();
        for (long? before = long.MaxValue; before is not null;)
        {
            var page = await sekia.GetAsync($"/api/v1/commands?limit=1000&before={before}");
            foreach (var command in page["commands"]!.AsArray())
            {
                statuses.Add(((string)command!["payload"]!["url"]!).Split('=')[1], (string)command["status"]!);
            }

            before = (long?)page["next"];
        }

        return statuses;
    }
}
