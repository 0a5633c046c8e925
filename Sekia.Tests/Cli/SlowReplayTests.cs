using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Cli.Remote;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary><c>sekia events replay</c> of a host that takes its time.</summary>
public sealed class SlowReplayTests : IAsyncLifetime, IDisposable
{
    private const string Replay = "POST /api/v1/events/evt_1/replay";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RecordingServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await RecordingServer.StartAsync();
        _server.On(Replay, async context =>
        {
            await _over.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("""{"dry":true,"event":"evt_1","workflows":[]}""");
        });
        _server.On("GET /api/v1/status", context => Task.Delay(Timeout.Infinite, context.RequestAborted));
    }

    [Fact]
    public async Task A_terminal_is_told_that_it_still_waits_and_a_file_is_not()
    {
        const string OnTerminal = """
            import os, pty, subprocess, sys
            outside, inside = pty.openpty()
            replay = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=inside)
            with os.fdopen(outside) as told:
                print(told.readline() + told.readline(), end="", flush=True)
                sys.exit(replay.wait())
            """;
        string[] args = ["events", "replay", "evt_1", "--url", _server.Address];
        var inFile = SekiaProcess.RunAsync(_folder, args);
        await Eventually.HoldsAsync(() => _server.Requests.Count == 1);
        using var onTerminal = Process.Start(new ProcessStartInfo("python3", ["-c", OnTerminal, SekiaProcess.Program, .. args])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder.Path,
        })!;
        try
        {
            Assert.Equal("Sekia is at it …", await onTerminal.StandardOutput.ReadLineAsync().WaitAsync(s_limit));
            Assert.StartsWith("The host has been at it for", await onTerminal.StandardOutput.ReadLineAsync().WaitAsync(s_limit), StringComparison.Ordinal);
            _over.SetResult();

            await onTerminal.WaitForExitAsync().WaitAsync(s_limit);
            Assert.Equal(0, onTerminal.ExitCode);
            Assert.Equal((0, "Dry replay of evt_1: nothing of this is done.\n", ""), await inFile);
        }
        finally
        {
            onTerminal.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task It_is_waited_for_longer_than_for_other_answers()
    {
        using var host = new HostClient(HostPlace.At(new Uri(_server.Address)), new ConfigurationBuilder().Build(), patience: TimeSpan.FromMilliseconds(100));

        var replay = host.PostSlowAsync("events/evt_1/replay", TextWriter.Null, CancellationToken.None);
        await Assert.ThrowsAsync<HostFaultException>(() => host.GetAsync("status", CancellationToken.None));
        _over.SetResult();

        Assert.Equal("evt_1", (string?)(await replay)["event"]);
    }

    public async Task DisposeAsync()
    {
        _over.TrySetResult();
        await _server.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();
}
