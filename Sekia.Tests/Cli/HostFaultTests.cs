using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Cli.Remote;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>Whatever is wrong on the way to the host is told in a sentence, with an exit code that scripts can use.</summary>
public sealed class HostFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Where_nobody_is_both_places_are_named()
    {
        var (code, output, error) = await SekiaProcess.RunAsync(_folder, ["status", "--Host:Listen=127.0.0.1:1"]);

        Assert.Equal((3, ""), (code, output));
        Assert.Equal(
            $"No Sekia answers, neither on the socket {_folder.File("sekia/sekiad.sock")} nor at http://127.0.0.1:1. Start one with `sekia`, or say where it is with --url or --socket.\n", error);
    }

    [Fact]
    public async Task A_broken_file_of_settings_keeps_nobody_from_asking_a_host_that_runs()
    {
        await using var sekia = await RunningSekia.StartAsync(_folder);
        _folder.Write("appsettings.json", "{\n  \"Host\": \n}");

        foreach (var place in (string[][])[[], ["--url", sekia.Client.BaseAddress!.ToString()], ["--socket", _folder.File("sekia/sekiad.sock")], [$"--Host:Listen={sekia.Client.BaseAddress.Authority}"]])
        {
            var (code, output, error) = await SekiaProcess.RunAsync(_folder, ["skills", "list", .. place]);

            Assert.Equal((0, "No skills.\n"), (code, output));
            Assert.Matches(@"^appsettings\.json, line 3: it is not valid JSON: .+ Correct that line\. Sekia is looked for without this file\.\n$", error);
        }

        // What works on the files themselves needs the settings.
        foreach (var command in (string[][])[[], ["workflows", "sign"], ["token", "list"]])
        {
            var (code, _, error) = await SekiaProcess.RunAsync(_folder, command);

            Assert.Equal(1, code);
            Assert.StartsWith("Sekia cannot start. appsettings.json, line 3: it is not valid JSON", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_socket_that_a_killed_host_left_is_passed_over()
    {
        await using (var killed = await RunningSekia.StartAsync(_folder))
        {
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        Assert.True(File.Exists(_folder.File("sekia/sekiad.sock")));
        await using var host = await RecordingServer.StartAsync();
        host.On("GET /api/v1/skills", 200, """{"skills":[],"refused":[]}""");

        Assert.Equal((0, "No skills.\n", ""), await SekiaProcess.RunAsync(_folder, ["skills", "list", $"--Host:Listen=127.0.0.1:{host.Port}"]));
    }

    [Fact]
    public async Task A_host_with_a_login_needs_none_of_its_own_user()
    {
        await using var sekia = await RunningSekia.StartAsync(_folder, "Dashboard:Username=ann", "Dashboard:Password=secret-pass");

        var (code, output, _) = await SekiaProcess.RunAsync(_folder, ["status"]);
        Assert.Equal(0, code);
        Assert.StartsWith("Status: ", output, StringComparison.Ordinal);

        // The places may also stand before the command.
        Assert.Equal(0, (await SekiaProcess.RunAsync(_folder, ["--socket", _folder.File("sekia/sekiad.sock"), "--json", "status"])).ExitCode);

        var (refused, _, error) = await SekiaProcess.RunAsync(_folder, ["status", "--url", sekia.Client.BaseAddress!.ToString()]);
        Assert.Equal(1, refused);
        Assert.StartsWith("Log in with the username and password", error[(error.IndexOf("Log in", StringComparison.Ordinal))..], StringComparison.Ordinal);
        (refused, _, error) = await SekiaProcess.RunAsync(
            _folder, ["status", "--url", sekia.Client.BaseAddress!.ToString()], new Dictionary<string, string> { ["SEKIA_TOKEN"] = "sekia_wrong" });
        Assert.Equal(1, refused);
        Assert.DoesNotContain("sekia_wrong", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_places_are_one_too_many()
    {
        Assert.Equal(
            (1, "", "--url and --socket name two places. Give one of them.\n"),
            await SekiaProcess.RunAsync(_folder, ["status", "--url", "http://127.0.0.1:1", "--socket", "x"]));
        Assert.Equal(
            (1, "", "--url and --socket name two places. Give one of them.\n"),
            await SekiaProcess.RunAsync(_folder, ["mcp", "--url", "http://127.0.0.1:1", "--socket", "x"]));
    }

    [Theory]
    [InlineData(400, 1)]
    [InlineData(401, 1)]
    [InlineData(403, 1)]
    [InlineData(404, 1)]
    [InlineData(409, 1)]
    [InlineData(429, 1)]
    [InlineData(503, 1)]
    public async Task A_refusal_is_told_in_the_words_of_the_host(int status, int code)
    {
        await using var host = await RecordingServer.StartAsync();
        host.On("GET /api/v1/status", status, """{"title":"No","status":400,"detail":"Not [red]now\u001b[2J\u202e."}""");
        host.On("GET /api/v1/events/stream", status, """{"title":"No","status":400,"detail":"Not now."}""");

        Assert.Equal((code, "", "Not [red]now�[2J�.\n"), await SekiaProcess.RunAsync(_folder, ["status", "--url", host.Address]));
        Assert.Equal((code, "", "Not now.\n"), await SekiaProcess.RunAsync(_folder, ["events", "tail", "--after", "1", "--url", host.Address]));
    }

    [Theory]
    [InlineData("<html>hello</html>", "is not Sekia")]
    [InlineData("""{"status": "ok", """, "is not Sekia")]
    [InlineData("[]", "is not Sekia")]
    [InlineData("{}", "is not Sekia")]
    [InlineData("""{"status":{},"commands":5}""", "is not Sekia")]
    [InlineData("", "is not Sekia")]
    public async Task An_answer_that_makes_no_sense_is_told_from_a_refusal(string body, string sentence)
    {
        await using var host = await RecordingServer.StartAsync();
        host.On("GET /api/v1/status", 200, body);
        host.On("GET /api/v1/events/stream", 200, body);

        foreach (var command in (string[][])[["status"], ["events", "tail", "--after", "1"]])
        {
            var (code, _, error) = await SekiaProcess.RunAsync(_folder, [.. command, "--url", host.Address]);

            Assert.Equal(3, code);
            Assert.Contains(sentence, error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_told()
    {
        await using var host = await RecordingServer.StartAsync();
        host.On("GET /api/v1/status", async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        var (code, _, error) = await SekiaProcess.RunAsync(_folder, ["status", "--url", host.Address]);

        Assert.Equal((3, $"What answers at {host.Address} broke off in the middle. Is it Sekia, and does it still run?\n"), (code, error));
    }

    [Fact]
    public async Task A_host_that_hangs_is_waited_for_so_long_and_no_longer()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /api/v1/status", context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var host = new HostClient(HostPlace.At(new Uri(server.Address)), new ConfigurationBuilder().Build(), patience: TimeSpan.FromMilliseconds(100));

        var fault = await Assert.ThrowsAsync<HostFaultException>(() => host.GetAsync("status", CancellationToken.None));

        Assert.Equal(($"The Sekia at {server.Address} has not answered within 0.1 s.", 3), (fault.Message, fault.ExitCode));
    }

    [Fact]
    public async Task What_comes_from_others_is_shown_as_it_is_and_moves_no_cursor()
    {
        await using var host = await RecordingServer.StartAsync();
        const string Evil = "[red]a\\u001b[31m\\u0007\\r\\u202eb\\u009b";
        host.On("GET /api/v1/events", 200, $$"""{"events":[{"seq":1,"timestamp":1,"type":"{{Evil}}","source":"{{Evil}}","id":"{{Evil}}"}],"next":null}""");
        host.On("GET /api/v1/commands", 200, $$"""{"commands":[{"id":"c","accepted_at":1,"agent":"{{Evil}}","command":"{{Evil}}","status":"failed","attempts":1,"reason":"{{Evil}}\nsecond"}],"next":null}""");
        host.On("GET /api/v1/workflows", 200, $$"""{"workflows":[],"refused":[{"name":"{{Evil}}","error":"{{Evil}}"}]}""");
        host.On(
            "GET /api/v1/events/1/why", 200,
            $$"""{"event":{"id":"1","type":"{{Evil}}","source":"{{Evil}}","timestamp":1},"workflows":[{"workflow":"{{Evil}}","outcome":"failed","runs":[{"run":{"outcome":"failed","duration_ms":1,"reason":"{{Evil}}","log":["{{Evil}}"]},"commands":[{"agent":"{{Evil}}","command":"x","status":"failed","payload":{"a":"{{Evil}}"},"reason":"{{Evil}}"}],"events":[]}],"calls":[]}]}""");

        foreach (var command in (string[][])[["events", "list"], ["commands", "list"], ["workflows"], ["why", "1"]])
        {
            var (code, output, error) = await SekiaProcess.RunAsync(_folder, [.. command, "--url", host.Address]);

            Assert.Equal((0, ""), (code, error));
            Assert.Contains("[red]a�[31m", output, StringComparison.Ordinal);
            Assert.DoesNotContain(output, c => c is '\u001b' or '\u0007' or '\r' or '\u202e' or '\u009b');
        }
    }

    [Fact]
    public async Task A_workflow_that_still_waits_for_an_answer_is_told_with_what_it_asked()
    {
        await using var host = await RecordingServer.StartAsync();
        host.On(
            "GET /api/v1/events/1/why", 200,
            """{"event":{"id":"1","type":"t","source":"s","timestamp":1},"workflows":[{"workflow":"flow","outcome":"waiting","runs":[],"calls":[{"id":"cmd_1","agent":"x-agent","command":"look","status":"pending","payload":{"a":1}}]}]}""");

        var (code, output, _) = await SekiaProcess.RunAsync(_folder, ["why", "1", "--url", host.Address]);

        Assert.Equal(0, code);
        Assert.Contains("  → workflow flow asked with sekia.call\n      → x-agent look: pending (cmd_1)\n          {\"a\":1}\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_typed_is_told_without_what_moves_a_cursor()
    {
        var (code, output, error) = await SekiaProcess.RunAsync(_folder, ["st\u001b[2Jat\u202eus"]);

        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("`sekia` has no command 'st\uFFFD[2Jat\uFFFDus'.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_is_told_and_one_that_nobody_reads_is_not()
    {
        Assert.Equal((1, "The output cannot be written: No space left on device"), Firsts(await ShellAsync("sekia config names > /dev/full")));
        Assert.Equal((1, "The output cannot be written: it is closed"), Firsts(await ShellAsync("sekia config names >&-")));
        Assert.Equal((0, ""), Firsts(await ShellAsync("set -o pipefail; sekia config names | true")));
    }

    [Fact]
    public async Task What_others_write_to_the_same_file_stays()
    {
        Assert.Equal(0, (await ShellAsync("{ echo before; sekia --version; echo between; sekia --version; sekia nothing 2>&1; sekia nothing; sekia -h; } > all 2>&1")).Code);

        var lines = await File.ReadAllLinesAsync(_folder.File("all"));
        Assert.Equal("before", lines[0]);
        Assert.Equal("between", lines[2]);
        Assert.Equal(lines[1], lines[3]);
        Assert.Equal(2, lines.Count(line => line.StartsWith("`sekia` has no command 'nothing'.", StringComparison.Ordinal)));
        Assert.Equal(1, lines.Count(line => line.StartsWith("Usage:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Our_own_fault_is_not_laid_at_the_door_of_the_host()
    {
        await using var host = await RecordingServer.StartAsync();
        host.On("GET /api/v1/skills", 200, "{}");
        host.On("GET /api/v1/status", 200, "{}");
        Assert.Contains("is not Sekia", (await SekiaProcess.RunAsync(_folder, ["skills", "list", "--url", host.Address])).Error, StringComparison.Ordinal);

        // Another version of Sekia may answer otherwise.
        host.On("GET /api/v1/status", 200, """{"status":"ok","version":"99.1.0","agent_count":1}""");
        var (code, _, error) = await SekiaProcess.RunAsync(_folder, ["skills", "list", "--url", host.Address]);
        Assert.Equal(1, code);
        Assert.Contains("has version 99.1.0", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);

        // The same version: nobody but we can be at fault, and that needs a stack.
        host.On("GET /api/v1/status", 200, $$"""{"status":"ok","version":"{{Modules.Hosting.HostVersion.Text}}","agent_count":1}""");
        (code, _, error) = await SekiaProcess.RunAsync(_folder, ["skills", "list", "--url", host.Address]);
        Assert.NotEqual(0, code);
        Assert.Contains("   at Sekia.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("workflows show x", "GET /api/v1/workflows", "{}")]
    [InlineData("commands list", "GET /api/v1/commands", """{"commands":[{"accepted_at":9e17}]}""")]
    [InlineData("commands list", "GET /api/v1/commands", """{"commands":[],"commands":[]}""")]
    [InlineData("events tail", "GET /api/v1/skills", "{}")]
    [InlineData("failures dismiss 1", "POST /api/v1/failures/1/dismiss", """{"count":1,"count":2}""")]
    public async Task An_answer_of_another_shape_is_told_from_every_command(string command, string asked, string body)
    {
        await using var host = await RecordingServer.StartAsync();
        host.On("GET /api/v1/status", 200, """{"events":{"head":"many"}}""");
        host.On(asked, 200, body);

        var (code, _, error) = await SekiaProcess.RunAsync(_folder, [.. command.Split(' '), "--url", host.Address]);

        Assert.Equal((3, $"What answers at {host.Address} is not Sekia. Say where it is with --url or --socket.\n"), (code, error));
    }

    [Fact]
    public async Task A_socket_needs_a_name() => Assert.Equal(
        (1, "", "--socket is empty. The Unix socket that Sekia listens on; otherwise that of the settings, where there is one.\n`sekia status --help` shows what it takes.\n"), await SekiaProcess.RunAsync(_folder, ["status", "--socket", ""]));

    public void Dispose() => _folder.Dispose();

    private static (int Code, string Error) Firsts((int Code, string Error) result) => (result.Code, result.Error.Split(" : ")[0].TrimEnd('\n', '.'));

    private async Task<(int Code, string Error)> ShellAsync(string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", line])
        {
            RedirectStandardError = true,
            WorkingDirectory = _folder.Path,
            Environment = { ["XDG_RUNTIME_DIR"] = _folder.Path, ["PATH"] = $"{Path.GetDirectoryName(SekiaProcess.Program)}:/usr/local/bin:/usr/bin:/bin" },
        })!;
        var error = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, error);
    }
}
