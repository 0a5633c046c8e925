using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

/// <summary>Killed at any moment and started again, each workflow has handled every accepted event once.</summary>
public sealed class WorkflowKillTests : IDisposable
{
    private const int Rounds = 15;
    private const int Connections = 4;
    private static readonly string[] s_settings = ["Http:AllowedAddresses:0=127.0.0.1/32", "Http:Concurrency=8", "Http:MaxAttempts=100"];

    private readonly TemporaryFolder _root = new();
    private readonly int _seed = Random.Shared.Next();

    [Fact]
    public async Task Workflows_survive_kills_and_handle_every_event_once()
    {
        var random = new Random(_seed);
        await using var server = await RecordingServer.StartAsync();
        server.On("POST /seen", 200);
        WriteFlow("""
            sekia.on("sekia.events.*", { type = "test.posted" }, function(event)
              sekia.state.set("count", (sekia.state.get("count") or 0) + 1)
              sekia.command("http-agent", "request", {
                method = "POST", url = "<server>/seen?mark=" .. event.payload.mark, text = event.id, headers = { ["Idempotency-Key"] = event.id },
              })
              sekia.publish("sekia.events.counted", "test.counted", { count = sekia.state.get("count"), mark = event.payload.mark })
            end)
            """, server);
        EventPoster[] posters = [.. Enumerable.Range(0, Connections).Select(connection => new EventPoster(connection))];
        for (var round = 0; round < Rounds; round++)
        {
            await using var sekia = await RunningSekia.StartAsync(_root, s_settings);
            await KillRound.PlayAsync(sekia, posters, (poster, onAnswer, stop) => poster.PostAsync(sekia.Client, onAnswer, stop), answers: random.Next(1, 150), spin: random.Next(200_000));
        }

        await using var last = await RunningSekia.StartAsync(_root, s_settings);
        await Task.WhenAll(posters.Select(poster => poster.SettleAsync(last.Client)));
        await AssertSoundAsync(last, posters, server);
    }

    [Fact]
    public async Task An_answer_that_was_recorded_before_a_kill_is_not_asked_for_again()
    {
        await using var server = await RecordingServer.StartAsync();
        var held = new TaskCompletionSource();
        server.On("POST /first", 200, "one");
        server.On("POST /second", async context =>
        {
            await held.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await context.Response.WriteAsync("two");
        });
        WriteFlow("""
            sekia.on("sekia.events.test", function(event)
              local first = sekia.call("http-agent", "request", { method = "POST", url = "<server>/first", text = "x" })
              local second = sekia.call("http-agent", "request", { method = "POST", url = "<server>/second", text = "x", headers = { ["Idempotency-Key"] = event.id } })
              sekia.publish("sekia.events.out", "test.answered", { first = first, second = second })
            end)
            """, server);
        await using (var sekia = await RunningSekia.StartAsync(_root, s_settings))
        {
            using var answer = await sekia.Client.PostAsync("/api/v1/events", System.Net.Http.Json.JsonContent.Create(new { type = "test.posted", source = "test" }));
            answer.EnsureSuccessStatusCode();
            await Eventually.HoldsAsync(() => server.Requests.Any(request => request.PathAndQuery == "/second"));
            sekia.Kill();
        }

        held.SetResult();
        await using var again = await RunningSekia.StartAsync(_root, s_settings);
        var answered = await Eventually.GetAsync(
            async () => (await EventsAsync(again, "test.answered")).SingleOrDefault(), () => "the run's end");

        Assert.Equal(("one", "two"), ((string)answered["payload"]!["first"]!["body"]!, (string)answered["payload"]!["second"]!["body"]!));
        Assert.Single(server.Requests, request => request.PathAndQuery == "/first");
    }

    public void Dispose() => _root.Dispose();

    private void WriteFlow(string source, RecordingServer server)
    {
        Directory.CreateDirectory(_root.File("workflows"));
        _root.Write("workflows/flow.lua", source.Replace("<server>", server.Address, StringComparison.Ordinal));
    }

    private async Task AssertSoundAsync(RunningSekia sekia, EventPoster[] posters, RecordingServer server)
    {
        await Eventually.GetAsync(async () => await IsDoneAsync(sekia) ? "" : null, () => $"all handled and sent; seed {_seed}");
        var posted = (await EventsAsync(sekia, "test.posted")).ToDictionary(evt => (string)evt["id"]!, evt => (string)evt["payload"]!["mark"]!);
        var counted = await EventsAsync(sekia, "test.counted");

        // The count in the state went up by one with each event, and each event was counted once.
        Assert.Equal(Enumerable.Range(1, posted.Count), counted.Select(evt => (int)evt["payload"]!["count"]!));
        Assert.Equal(posted.Values.Order(), counted.Select(evt => (string)evt["payload"]!["mark"]!).Order());
        Assert.Equal(posted.Keys.Order(), server.Requests.Select(request => request.Headers["Idempotency-Key"]).Distinct().Order());
        Assert.True(posters.SelectMany(poster => poster.Accepted).All(posted.ContainsValue), $"An accepted event is lost; seed {_seed}.");

        var commands = (await sekia.GetAsync("/api/v1/status"))["commands"]!;
        Assert.Equal(posted.Count, (int)commands["succeeded"]!);
        var flow = (await sekia.GetAsync("/api/v1/workflows"))["workflows"]![0]!;
        Assert.Equal((0L, 0L), ((long)flow["failed"]!, (long)flow["waiting"]!));
        Assert.Equal((long)flow["delivered"]!, (long)flow["ok"]!);
        Assert.True(posted.Count > Rounds, $"Only {posted.Count} events were accepted; seed {_seed}.");
    }

    private static async Task<bool> IsDoneAsync(RunningSekia sekia)
    {
        // Runs first: one that ends between the two questions has its commands in the second answer.
        var flow = (await sekia.GetAsync("/api/v1/workflows"))["workflows"]![0]!;
        var commands = (await sekia.GetAsync("/api/v1/status"))["commands"]!;
        return (long)flow["waiting"]! == 0 && (long)commands["pending"]! + (long)commands["running"]! == 0;
    }

    private static async Task<List<JsonObject>> EventsAsync(RunningSekia sekia, string type)
    {
        var found = new List<JsonObject>();
        for (long? after = 0; after is not null;)
        {
            var page = await sekia.GetAsync($"/api/v1/events?limit=1000&after={after}");
            found.AddRange(page["events"]!.AsArray().Select(evt => evt!.AsObject()).Where(evt => (string)evt["type"]! == type));
            after = (long?)page["next"];
        }

        return found;
    }
}
