using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

public sealed class StopTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Fact]
    public async Task Told_to_stop_it_finishes_what_it_has_begun_and_ends_with_code_0()
    {
        var (asked, release) = (NewSignal(), NewSignal());
        await using var server = await RecordingServer.StartAsync();
        server.On("POST /", async context =>
        {
            asked.SetResult();
            await release.Task;
            await context.Response.WriteAsync("done");
        });
        string[] settings = ["Http:AllowedAddresses:0=127.0.0.1/32"];
        string first, second;
        await using (var sekia = await RunningSekia.StartAsync(_root, settings))
        {
            first = await SendAsync(sekia, server.Address);
            second = await SendAsync(sekia, server.Address);
            await asked.Task;
            for (var i = 0; i < 100; i++)
            {
                using var answer = await sekia.Client.PostAsync("/api/v1/events", JsonContent.Create(new { type = "test.posted" }));
                Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            }

            await sekia.SendTerminateAsync();
            await Eventually.HoldsAsync(() => !IsListening(sekia.Client.BaseAddress!));
            server.On("POST /", 200);
            var since = Stopwatch.StartNew();
            release.SetResult();

            Assert.Equal(0, await sekia.WaitForExitAsync());
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(10), $"It took {since.Elapsed}.");
            Assert.DoesNotContain(" ERR ", sekia.Output, StringComparison.Ordinal);
        }

        await using var again = await RunningSekia.StartAsync(_root, settings);
        Assert.Equal("done", (string)(await again.GetAsync($"/api/v1/commands/{first}"))["result"]!["body"]!);
        await Eventually.GetAsync(
            async () => (string)(await again.GetAsync($"/api/v1/commands/{second}"))["status"]! == "succeeded" ? "" : null, () => "the second command is carried out");
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(100, (int)(await again.GetAsync("/api/v1/status"))["events"]!["accepted"]!);
    }

    [Fact]
    public async Task A_second_process_on_the_same_journal_refuses_with_a_sentence()
    {
        await using var sekia = await RunningSekia.StartAsync(_root);

        var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, ["--Host:Listen=127.0.0.1:0", "--Logs:Path=data/second/sekia-.log"]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"Another Sekia is running with the journal {_root.File("data/sekia.db")}. Stop it, or set Journal:Path to another file for this one.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
        Assert.Equal("ok", (string)(await sekia.GetAsync("/api/v1/status"))["status"]!);
    }

    [Fact]
    public async Task Two_agents_of_one_name_are_refused_with_a_sentence()
    {
        var (exitCode, output, error) = await SekiaProcess.RunAsync(
            _root, ["--Host:Listen=127.0.0.1:0", "--Http:MaxRedirects=1", "--Http:Instances:http-agent:MaxRedirects=2"]);

        Assert.Equal(1, exitCode);
        Assert.Contains("Sekia cannot start: two agents are named 'http-agent'.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    public void Dispose() => _root.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task<string> SendAsync(RunningSekia sekia, string url)
    {
        using var answer = await sekia.Client.PostAsync(
            "/api/v1/commands", JsonContent.Create(new { agent = "http-agent", command = "request", payload = new { method = "POST", url } }));
        return (string)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
    }

    /// <summary>It stops listening before it stops its agents.</summary>
    private static bool IsListening(Uri address)
    {
        using var probe = new System.Net.Sockets.TcpClient();
        try
        {
            probe.Connect(address.Host, address.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    [Fact]
    public async Task Told_to_stop_while_it_starts_it_ends_in_an_orderly_way()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var root = new TemporaryFolder();
        Directory.CreateDirectory(root.File("workflows"));
        for (var i = 0; i < 20; i++)
        {
            root.Write($"workflows/endless{i}.lua", "while true do end");
        }

        var ended = await SekiaProcess.RunAsync(root, ["--Host:Listen=127.0.0.1:0"], meanwhile: async id =>
        {
            await Eventually.HoldsAsync(() => Directory.Exists(root.File("data/logs")) && root.Log().Contains(" is not loaded: ", StringComparison.Ordinal));
            await SekiaProcess.TerminateAsync(id);
        });

        Assert.Equal(0, ended.ExitCode);
        Assert.Empty(ended.Error);
        Assert.DoesNotContain("Hosting", ended.Output, StringComparison.Ordinal);
    }
}
