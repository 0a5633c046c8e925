using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

public sealed partial class DemoTests : IDisposable
{
    private static readonly Dictionary<string, string> s_secret = new() { ["GITHUB_WEBHOOK_SECRET"] = "It's a Secret to Everybody" };

    private readonly TemporaryFolder _root = new();

    public DemoTests()
    {
        Directory.CreateDirectory(_root.File("workflows"));
        foreach (var file in Directory.GetFiles(Shipped(), "*.lua"))
        {
            File.Copy(file, _root.File(Path.Combine("workflows", Path.GetFileName(file))));
        }
    }

    [Fact]
    public async Task Where_none_runs_it_starts_one_that_leaves_nothing_behind()
    {
        var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, ["demo", "--Host:Listen=127.0.0.1:0", "--GitHub:Token=not-a-token", "--GitHub:WebhookSecret=whatever"]);

        Assert.Equal((0, ""), (exitCode, error));
        AssertPlayed(output);
        Assert.Equal(["workflows"], Directory.GetFileSystemEntries(_root.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_running_one_is_shown_as_often_as_one_likes()
    {
        await using var sekia = await RunningSekia.StartAsync(_root, s_secret);

        for (var times = 1; times <= 2; times++)
        {
            var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, ["demo", "--url", sekia.Client.BaseAddress!.AbsoluteUri], s_secret);

            Assert.Equal((0, ""), (exitCode, error));
            AssertPlayed(output);
            Assert.Equal(4 * times, (await sekia.GetAsync("/api/v1/events?subject=sekia.events.github"))["events"]!.AsArray().Count);
        }
    }

    [Fact]
    public async Task A_secret_that_differs_is_named()
    {
        await using var sekia = await RunningSekia.StartAsync(_root, s_secret);

        var (exitCode, _, error) = await SekiaProcess.RunAsync(_root, ["demo", "--url", sekia.Client.BaseAddress!.AbsoluteUri]);

        Assert.Equal(1, exitCode);
        Assert.Contains("(401)", error, StringComparison.Ordinal);
        Assert.Contains("GitHub:WebhookSecret", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_would_really_send_is_spared_unless_it_is_meant()
    {
        await using var github = await RecordingServer.StartAsync();
        github.On("POST /repos/sekia-demo/hello/issues/42/labels", 404, """{"message":"Not Found"}""");
        github.On("POST /repos/sekia-demo/hello/issues/42/comments", 404, """{"message":"Not Found"}""");
        github.On("POST /repos/sekia-demo/hello/issues/43/comments", 404, """{"message":"Not Found"}""");
        await using var sekia = await RunningSekia.StartAsync(_root, "GitHub:Token=not-a-token", $"GitHub:BaseUrl={github.Address}");
        string[] demo = ["demo", "--url", sekia.Client.BaseAddress!.AbsoluteUri];

        var (exitCode, _, error) = await SekiaProcess.RunAsync(_root, demo);

        Assert.Equal(1, exitCode);
        Assert.Contains("--live", error, StringComparison.Ordinal);
        Assert.Empty(github.Requests);
        Assert.Empty((await sekia.GetAsync("/api/v1/events"))["events"]!.AsArray());

        var meant = await SekiaProcess.RunAsync(_root, [.. demo, "--live"]);

        Assert.Equal(0, meant.ExitCode);
        Assert.Contains("github-agent add_label: failed", meant.Output, StringComparison.Ordinal);
        Assert.Contains(github.Requests, request => request.PathAndQuery.EndsWith("/42/labels", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("false", 1)]
    [InlineData("true", 0)]
    public async Task Whom_a_sample_makes_act_by_a_further_event_is_asked_about_as_well(string dryRun, int expected)
    {
        await using var elsewhere = await RecordingServer.StartAsync();
        _root.Write(Path.Combine("workflows", "pushed.lua"), """
            sekia.on("sekia.events.github", { type = "github.push" }, function(event) sekia.publish("sekia.events.team", "team.pushed", {}) end)
            """);
        _root.Write(Path.Combine("workflows", "tell.lua"), $$"""
            sekia.on("sekia.events.team", function(event) sekia.command("http-agent", "request", { method = "POST", url = "{{elsewhere.Address}}/pushed" }) end)
            """);
        await using var sekia = await RunningSekia.StartAsync(_root, "Http:AllowedAddresses:0=127.0.0.1", $"Http:DryRun={dryRun}");

        var (exitCode, output, error) = await SekiaProcess.RunAsync(_root, ["demo", "--url", sekia.Client.BaseAddress!.AbsoluteUri]);

        Assert.Equal(expected, exitCode);
        Assert.Equal(expected == 0, output.Contains("→ http-agent request: dry_run", StringComparison.Ordinal));
        Assert.Equal(expected == 1, error.Contains("of http-agent. ", StringComparison.Ordinal));
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task One_with_other_workflows_is_spared_for_nobody_knows_what_they_do()
    {
        using var other = new TemporaryFolder();
        await using var sekia = await RunningSekia.StartAsync(other);

        var (exitCode, _, error) = await SekiaProcess.RunAsync(_root, ["demo", "--url", sekia.Client.BaseAddress!.AbsoluteUri]);

        Assert.Equal(1, exitCode);
        Assert.Contains("other workflows", error, StringComparison.Ordinal);
        Assert.Contains("http-agent", error, StringComparison.Ordinal);
        Assert.Empty((await sekia.GetAsync("/api/v1/events"))["events"]!.AsArray());
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", "No Sekia answers", 3)]
    [InlineData("127.0.0.1:7600", "http://127.0.0.1:7600", 1)]
    [InlineData("ftp://127.0.0.1/", "http://127.0.0.1:7600", 1)]
    public async Task An_address_where_none_is_is_named(string url, string says, int code)
    {
        var (exitCode, _, error) = await SekiaProcess.RunAsync(_root, ["demo", "--url", url]);

        Assert.Equal(code, exitCode);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "")]
    [InlineData(200, "<html>hello</html>")]
    public async Task What_listens_there_and_is_no_sekia_is_not_taken_for_one(int status, string body)
    {
        await using var other = await RecordingServer.StartAsync();
        other.On("GET /healthz", 200, "fine");
        other.On("GET /api/v1/agents", status, body);

        var (exitCode, _, error) = await SekiaProcess.RunAsync(_root, ["demo", "--url", other.Address]);

        Assert.Equal(3, exitCode);
        Assert.Contains("No Sekia answers", error, StringComparison.Ordinal);
    }

    public void Dispose() => _root.Dispose();

    private static void AssertPlayed(string output)
    {
        Assert.Equal(["issues", "pull_request", "push", "issue_comment"], Kind().Matches(output).Select(match => match.Groups[1].Value));
        Assert.Equal(
            ["github.issue.opened", "github.pr.opened", "github.push", "github.comment.created"],
            Type().Matches(output).Select(match => match.Groups[1].Value));
        Assert.Contains("→ workflow github-auto-label: ok", output, StringComparison.Ordinal);
        Assert.Contains("→ github-agent add_label: dry_run", output, StringComparison.Ordinal);
        Assert.Contains("→ github-agent create_comment: dry_run", output, StringComparison.Ordinal);
        Assert.DoesNotContain("failed", output, StringComparison.Ordinal);
    }

    private static string Shipped([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "workflows"));

    [GeneratedRegex(@"X-GitHub-Event: (\w+)")]
    private static partial Regex Kind();

    [GeneratedRegex(@"^  → event (\S+),", RegexOptions.Multiline)]
    private static partial Regex Type();
}
