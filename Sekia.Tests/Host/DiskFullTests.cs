using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

public sealed class DiskFullTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly List<string> _accepted = [];
    private readonly string _filler = new('x', 64 * 1024);

    [SmallDiskFact]
    public async Task A_full_disk_refuses_what_is_new_keeps_what_there_is_and_goes_on_when_there_is_room()
    {
        var (asked, release) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var server = await RecordingServer.StartAsync();
        server.On("POST /", async context =>
        {
            asked.SetResult();
            await release.Task;
            await context.Response.WriteAsync("done");
        });
        using var disk = SmallDisk.Mount(_root.File("small"));
        var inTheWay = Path.Combine(disk.Path, "in-the-way");
        await File.WriteAllBytesAsync(inTheWay, new byte[6 << 20]);
        await using (var sekia = await RunningSekia.StartAsync(_root, $"Journal:Path={disk.Path}/sekia.db", "Http:AllowedAddresses:0=127.0.0.1/32"))
        {
            var command = await SendAsync(sekia, server.Address);
            await asked.Task;
            JsonObject? refusal = null;
            while ((refusal = await PostAsync(sekia)) is null)
            {
            }

            Assert.Equal(503, (int)refusal["status"]!);
            Assert.Contains("no room for the journal", (string)refusal["detail"]!, StringComparison.Ordinal);
            Assert.NotNull(await PostAsync(sekia));
            using (var ready = await sekia.Client.GetAsync("/readyz"))
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            }

            Assert.Equal("degraded", (string)(await sekia.GetAsync("/api/v1/status"))["status"]!);
            release.SetResult();
            await Eventually.HoldsAsync(() => sekia.Output.Contains("New events are refused: no room for the journal", StringComparison.Ordinal));
            Assert.Equal(1, sekia.Output.Split("New events are refused: no room for the journal").Length - 1);

            File.Delete(inTheWay);
            await Eventually.GetAsync(async () => await PostAsync(sekia) is null ? "" : null, () => "room");
            await Eventually.GetAsync(async () => (await sekia.Client.GetAsync("/readyz")).IsSuccessStatusCode ? "" : null, () => "ready");
            await Eventually.HoldsAsync(() => sekia.Output.Contains("records again", StringComparison.Ordinal));
            await Eventually.GetAsync(async () => (string)(await sekia.GetAsync($"/api/v1/commands/{command}"))["status"]! == "succeeded" ? "" : null, () => "the command's end");
            Assert.Single(server.Requests);
            await AssertAllThereAsync(sekia);
            sekia.Kill();
        }

        await using var again = await RunningSekia.StartAsync(_root, $"Journal:Path={disk.Path}/sekia.db");
        await AssertAllThereAsync(again);
    }

    public void Dispose() => _root.Dispose();

    /// <summary>Posts one more event. Answers the refusal, if it is one.</summary>
    private async Task<JsonObject?> PostAsync(RunningSekia sekia)
    {
        using var answer = await sekia.Client.PostAsync("/api/v1/events", JsonContent.Create(new { type = "test.posted", payload = new { _filler } }));
        var body = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        if (answer.StatusCode != HttpStatusCode.Accepted)
        {
            return body;
        }

        _accepted.Add((string)body["id"]!);
        return null;
    }

    private static async Task<string> SendAsync(RunningSekia sekia, string url)
    {
        using var answer = await sekia.Client.PostAsync(
            "/api/v1/commands", JsonContent.Create(new { agent = "http-agent", command = "request", payload = new { method = "POST", url } }));
        return (string)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
    }

    private async Task AssertAllThereAsync(RunningSekia sekia)
    {
        var there = new List<string>();
        for (long? after = 0; after is not null;)
        {
            var page = await sekia.GetAsync($"/api/v1/events?limit=1000&after={after}");
            there.AddRange(page["events"]!.AsArray().Select(evt => (string)evt!["id"]!));
            after = (long?)page["next"];
        }

        Assert.Equal(_accepted, there);
    }
}
