using System.Diagnostics;
using System.Text.Json.Nodes;
using Sekia.Tests.GitHub;
using Sekia.Tests.Support;

namespace Sekia.Tests.Mcp;

/// <summary>The official TypeScript client against the real program, by both ways in. What it checks stands in <c>npm/mcp-client.mjs</c>.</summary>
public sealed class McpClientTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData("http")]
    [InlineData("stdio")]
    public async Task The_official_client_finds_all_as_the_protocol_says(string transport)
    {
        using var root = new TemporaryFolder();
        var folder = Path.Combine(root.Path, "workflows");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "greet.lua"), """sekia.on("sekia.events.tests", function() error("no greeting") end)""");
        await using var sekia = await StartAsync(root, FreePort.Take());
        var address = sekia.Client.BaseAddress!;
        using var client = NodeProgram.Start("mcp-client.mjs", transport, address.ToString(), folder, SekiaProcess.Program);
        try
        {
            var error = client.StandardError.ReadToEndAsync();
            if (await client.StandardOutput.ReadLineAsync().WaitAsync(s_limit) != "restart")
            {
                Assert.Fail(await error + sekia.Output);
            }

            sekia.Kill();
            await sekia.WaitForExitAsync();
            await using var again = await StartAsync(root, address.Port);
            await client.StandardInput.WriteLineAsync("go on");
            await client.StandardInput.FlushAsync();
            await client.WaitForExitAsync().WaitAsync(s_limit);
            Assert.True(client.ExitCode == 0, await error + again.Output);
        }
        finally
        {
            client.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task Without_a_host_the_bridge_says_so_on_both_ways_and_ends()
    {
        using var root = new TemporaryFolder();
        using var bridge = Bridge(root, "--url", "http://127.0.0.1:1");

        await bridge.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":7,"method":"initialize","params":{}}""");
        await bridge.WaitForExitAsync().WaitAsync(s_limit);

        Assert.Equal(1, bridge.ExitCode);
        var answer = await bridge.StandardOutput.ReadToEndAsync();
        Assert.Contains("\"id\":7", answer, StringComparison.Ordinal);
        Assert.Contains("Start one with `sekia`", answer, StringComparison.Ordinal);
        Assert.StartsWith("No Sekia answers at http://127.0.0.1:1: ", await bridge.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_no_message_is_answered_as_such()
    {
        using var root = new TemporaryFolder();
        using var bridge = Bridge(root, "--url", "http://127.0.0.1:1");

        await bridge.StandardInput.WriteLineAsync("hello");
        bridge.StandardInput.Close();
        await bridge.WaitForExitAsync().WaitAsync(s_limit);

        Assert.Equal(0, bridge.ExitCode);
        Assert.Contains("-32700", await bridge.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_writes_nonsense_is_told_so_and_goes_on()
    {
        using var root = new TemporaryFolder();
        await using var sekia = await StartAsync(root, port: 0);

        var answers = await TalkAsync(
            root,
            ["--url", sekia.Client.BaseAddress!.ToString()],
            """{"jsonrpc":"2.0","id":2,"method":"tools/call","params":[]}""",
            """{"jsonrpc":"2.0","id":3,"method":"ping","method":"ping"}""",
            """{"jsonrpc":"2.0","id":4,"method":"\ud800"}""",
            """{"jsonrpc":"2.0","id":5,"method":{}}""",
            """{"jsonrpc":"2.0","method":"notifications/cancelled","params":7}""",
            """{"jsonrpc":"2.0","id":6,"method":"ping"}""");

        Assert.Contains(answers, answer => (int?)answer["id"] == 6 && answer["result"] is not null);
        foreach (var id in (int[])[2, 4, 5])
        {
            Assert.NotNull(answers.Single(answer => (int?)answer["id"] == id)["error"]);
        }

        Assert.Contains(answers, answer => answer["id"] is null && (int)answer["error"]!["code"]! == -32700);
    }

    [Theory]
    [InlineData("2025-03-26", true)]
    [InlineData("2025-06-18", false)]
    public async Task The_bridge_takes_a_list_of_messages_where_the_agreed_version_has_them(string version, bool isTaken)
    {
        using var root = new TemporaryFolder();
        await using var sekia = await StartAsync(root, port: 0);
        using var bridge = Bridge(root, "--url", sekia.Client.BaseAddress!.ToString());
        var output = bridge.StandardOutput.ReadToEndAsync();

        await bridge.StandardInput.WriteLineAsync(McpHarness.Initialize(version));
        await bridge.StandardInput.WriteLineAsync("""[{"jsonrpc":"2.0","id":5,"method":"ping"},{"jsonrpc":"2.0","id":6,"method":"ping"}]""");
        bridge.StandardInput.Close();
        await bridge.WaitForExitAsync().WaitAsync(s_limit);

        var answers = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal(isTaken ? 2 : 0, answers.Count(answer => (int?)answer["id"] is 5 or 6 && answer["result"] is not null));
        Assert.Equal(isTaken ? 0 : 1, answers.Count(answer => (int?)answer["error"]?["code"] == -32700));
    }

    [Theory]
    [InlineData("application/json", "{nope")]
    [InlineData("application/json", "[]")]
    [InlineData("application/json", """{"id":1,"result":5}""")]
    [InlineData("text/event-stream", "data: nope\n\n")]
    [InlineData("text/html", "<html>")]
    public async Task What_is_no_Sekia_is_a_sentence_and_no_stack_trace(string type, string body)
    {
        using var root = new TemporaryFolder();
        await using var other = await RecordingServer.StartAsync();
        other.On("POST /mcp", 200, body, ("Content-Type", type));
        using var bridge = Bridge(root, "--url", other.Address);

        await bridge.StandardInput.WriteLineAsync(McpHarness.Initialize("2025-06-18"));
        bridge.StandardInput.Close();
        await bridge.WaitForExitAsync().WaitAsync(s_limit);

        Assert.InRange(bridge.ExitCode, 0, 1);
        Assert.DoesNotContain("   at ", await bridge.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Through_the_socket_no_token_is_asked_for_and_a_wrong_one_does_no_harm()
    {
        using var root = new TemporaryFolder();
        root.Write("appsettings.json", """{ "Dashboard": { "Username": "ann", "Password": "secret-pass" } }""");
        await using var sekia = await StartAsync(root, port: 0);

        var answers = await TalkAsync(
            root, ["--socket", root.File("sekia/sekiad.sock")], new Dictionary<string, string> { ["SEKIA_TOKEN"] = "sekia_wrong" }, """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""");

        Assert.Contains("publish_event", answers.Single(answer => (int?)answer["id"] == 2).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_token_the_login_of_the_settings_is_shown()
    {
        using var root = new TemporaryFolder();
        root.Write("appsettings.json", """{ "Dashboard": { "Username": "ann", "Password": "secret-pass" } }""");
        await using var sekia = await StartAsync(root, port: 0);
        string[] where = ["--url", sekia.Client.BaseAddress!.ToString()];

        var answers = await TalkAsync(root, where, """{"jsonrpc":"2.0","id":2,"method":"ping"}""");
        var refused = await TalkAsync(root, where, new Dictionary<string, string> { ["SEKIA_TOKEN"] = "sekia_wrong" });

        Assert.NotNull(answers.Single(answer => (int?)answer["id"] == 2)["result"]);
        Assert.Contains("refuses", refused.Single()["error"]!.ToJsonString(), StringComparison.Ordinal);
    }

    private static Task<List<JsonNode>> TalkAsync(TemporaryFolder root, string[] where, params string[] messages) => TalkAsync(root, where, new Dictionary<string, string>(), messages);

    /// <summary>Begins a session through the bridge, sends messages, and gives all that was answered.</summary>
    private static async Task<List<JsonNode>> TalkAsync(TemporaryFolder root, string[] where, Dictionary<string, string> environment, params string[] messages)
    {
        using var bridge = Bridge(root, environment, where);
        var answers = bridge.StandardOutput.ReadToEndAsync();
        foreach (var message in messages.Prepend(McpHarness.Initialize("2025-06-18")))
        {
            try
            {
                await bridge.StandardInput.WriteLineAsync(message);
            }
            catch (IOException)
            {
                // It has ended already, for it was not let in.
            }
        }

        bridge.StandardInput.Close();
        await bridge.WaitForExitAsync().WaitAsync(s_limit);
        return [.. (await answers).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    private static Task<RunningSekia> StartAsync(TemporaryFolder root, int port) => RunningSekia.StartAsync(
        root, $"Host:Listen=127.0.0.1:{port}", "Http:AllowedAddresses:0=127.0.0.1", "Workflows:HotReload=false");

    private static Process Bridge(TemporaryFolder root, params string[] where) => Bridge(root, new Dictionary<string, string>(), where);

    private static Process Bridge(TemporaryFolder root, Dictionary<string, string> environment, string[] where)
    {
        var start = new ProcessStartInfo(SekiaProcess.Program, ["mcp", .. where])
        {
            WorkingDirectory = root.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
