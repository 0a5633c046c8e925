using System.Diagnostics;
using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>The real program follows the real program.</summary>
public sealed class TailTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Events_come_as_they_are_published_over_a_restart_and_the_end_is_orderly()
    {
        var sekia = await RunningSekia.StartAsync(_folder);
        await PublishAsync("before");
        using var tail = Start("exec sekia events tail --after 0 --json");
        Assert.Equal("before", await TypeAsync(tail));
        await PublishAsync("while");
        Assert.Equal("while", await TypeAsync(tail));

        sekia.Kill();
        await sekia.DisposeAsync();
        await using var again = await RunningSekia.StartAsync(_folder);
        await PublishAsync("after");

        Assert.Equal("after", await TypeAsync(tail));
        await SekiaProcess.TerminateAsync(tail.Id);
        await tail.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, tail.ExitCode);
        Assert.Contains("The next try is in 1 s.", await tail.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_ends_when_nobody_reads_any_more()
    {
        await using var sekia = await RunningSekia.StartAsync(_folder);
        foreach (var type in (string[])["one", "two", "three"])
        {
            await PublishAsync(type);
        }

        using var tail = Start("set -o pipefail; sekia events tail --after 0 | head -1");
        var line = await tail.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));

        // Only what it writes after its reader has gone tells it so.
        await Eventually.GetAsync(
            async () =>
            {
                await PublishAsync("more");
                return tail.HasExited ? "" : null;
            },
            () => "the end of what nobody reads");

        Assert.Contains(" one ", line, StringComparison.Ordinal);
        Assert.Equal((0, ""), (tail.ExitCode, await tail.StandardError.ReadToEndAsync()));
    }

    [Fact]
    public async Task A_gap_is_told()
    {
        await using var host = await RecordingServer.StartAsync();
        host.On(
            "GET /api/v1/events/stream", 200,
            "id: 9\nevent: gap\ndata: {\"after\":1,\"first\":10,\"detail\":\"Gone.\"}\n\nid: 10\ndata: {\"seq\":10,\"type\":\"x\",\"source\":\"y\",\"timestamp\":1,\"id\":\"z\"}\n\n",
            ("Content-Type", "text/event-stream"));
        using var tail = Start($"exec sekia events tail --after 1 --json --url {host.Address}");

        Assert.Equal("x", await TypeAsync(tail));
        Assert.Equal("Between 1 and 10 something is missing: Gone.", await tail.StandardError.ReadLineAsync());
        tail.Kill();
        await tail.WaitForExitAsync();
        Assert.Equal("1", host.Requests[0].Headers["Last-Event-ID"]);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string?> TypeAsync(Process tail) =>
        (string?)JsonNode.Parse((await tail.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)))!)!["type"];

    private async Task PublishAsync(string type) => Assert.Equal(0, (await SekiaProcess.RunAsync(_folder, ["events", "publish", type])).ExitCode);

    private Process Start(string line) => Process.Start(new ProcessStartInfo("bash", ["-c", line])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = _folder.Path,
        Environment = { ["XDG_RUNTIME_DIR"] = _folder.Path, ["PATH"] = $"{Path.GetDirectoryName(SekiaProcess.Program)}:/usr/local/bin:/usr/bin:/bin" },
    })!;
}
