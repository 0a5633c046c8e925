using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

/// <summary>What the README shows of the API beside the tour: socket, tokens, stream.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ReadmeApiTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Fact]
    public async Task The_commands_work_as_written()
    {
        var lines = Lines();
        Assert.Equal(7, lines.Count);
        await using var sekia = await RunningSekia.StartAsync(_root);
        var address = sekia.Client.BaseAddress!.Authority;

        Assert.Equal("ok", (string?)JsonNode.Parse(await RunAsync(lines[0], address))!["status"]);
        Assert.Equal("""{"status":"reload_requested","target":"github-agent","taken":true,"detail":"The settings were read again: nothing has changed."}""", await RunAsync(lines[1], address));

        var token = (await RunAsync(lines[2], address)).Trim();
        Assert.Matches("(?m)^ci +read ", await RunAsync(lines[3], address));
        var asked = lines[5].Replace("sekia_…", token, StringComparison.Ordinal);
        Assert.Equal("ok", (string?)JsonNode.Parse(await RunAsync(asked, address))!["status"]);
        Assert.Equal("The token 'ci' is revoked.", (await RunAsync(lines[4], address)).Trim());
        Assert.Equal(401, (int?)JsonNode.Parse(await RunAsync(asked, address))!["status"]);

        using var published = await sekia.Client.PostAsync("/api/v1/events", new StringContent("""{"type": "deploy.started", "source": "ci"}"""));
        Assert.Contains("id: 1\ndata: {\"seq\":1,", await RunAsync(lines[6] + " | head -n 5", address), StringComparison.Ordinal);
    }

    public void Dispose() => _root.Dispose();

    private static List<string> Lines()
    {
        var readme = File.ReadAllText(Path.Combine(RepositoryRoot(), "README.md"));
        var section = readme[readme.IndexOf("### The socket", StringComparison.Ordinal)..readme.IndexOf("## Settings", StringComparison.Ordinal)];
        return [.. section.Split('\n').Where(line => line.StartsWith("curl ", StringComparison.Ordinal) || line.StartsWith("sekia ", StringComparison.Ordinal))];
    }

    private async Task<string> RunAsync(string line, string address)
    {
        // The program by its path, the socket in the test's own folder, the port that the system chose; else as it is written.
        var command = line.Replace("127.0.0.1:7600", address, StringComparison.Ordinal).Replace("~/.config", "$XDG_RUNTIME_DIR", StringComparison.Ordinal);
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _root.Path,
            Environment = { ["XDG_RUNTIME_DIR"] = _root.Path, ["PATH"] = $"{Path.GetDirectoryName(SekiaProcess.Program)}:/usr/local/bin:/usr/bin:/bin" },
        })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return output;
    }

    private static string RepositoryRoot([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
