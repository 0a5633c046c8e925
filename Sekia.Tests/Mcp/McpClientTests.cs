using System.Diagnostics;
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
        await using var sekia = await StartAsync(root, port: 0);
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
        using var bridge = Bridge(root, "http://127.0.0.1:1");

        await bridge.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":7,"method":"initialize","params":{}}""");
        await bridge.WaitForExitAsync().WaitAsync(s_limit);

        Assert.Equal(1, bridge.ExitCode);
        var answer = await bridge.StandardOutput.ReadToEndAsync();
        Assert.Contains("\"id\":7", answer, StringComparison.Ordinal);
        Assert.Contains("Start it with 'sekia'", answer, StringComparison.Ordinal);
        Assert.StartsWith("No Sekia answers at http://127.0.0.1:1: ", await bridge.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_no_message_is_answered_as_such()
    {
        using var root = new TemporaryFolder();
        using var bridge = Bridge(root, "http://127.0.0.1:1");

        await bridge.StandardInput.WriteLineAsync("hello");
        bridge.StandardInput.Close();
        await bridge.WaitForExitAsync().WaitAsync(s_limit);

        Assert.Equal(0, bridge.ExitCode);
        Assert.Contains("-32700", await bridge.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private static Task<RunningSekia> StartAsync(TemporaryFolder root, int port) => RunningSekia.StartAsync(
        root, $"Host:Listen=127.0.0.1:{port}", "Http:AllowedAddresses:0=127.0.0.1", "Workflows:HotReload=false");

    private static Process Bridge(TemporaryFolder root, string url) => Process.Start(new ProcessStartInfo(SekiaProcess.Program, ["mcp", "--url", url])
    {
        WorkingDirectory = root.Path,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
