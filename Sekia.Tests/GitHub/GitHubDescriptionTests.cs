using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Modules.GitHub.Healing;
using Sekia.Modules.GitHub.Polling;
using static Sekia.Tests.GitHub.Samples;

namespace Sekia.Tests.GitHub;

/// <summary>What we send is what GitHub's own descriptions allow: that of the REST API and the schema of GraphQL.</summary>
public sealed class GitHubDescriptionTests(GitHubDescription description) : IClassFixture<GitHubDescription>
{
    /// <summary>Every command that uses the REST API, with all of its arguments.</summary>
    private static readonly Dictionary<string, object> s_calls = new()
    {
        ["add_label"] = With(("label", "bug")),
        ["remove_label"] = With(("label", "needs review")),
        ["assign"] = With(("assignees", (string[])["octocat"])),
        ["create_comment"] = With(("body", "Thanks!")),
        ["close_issue"] = With(),
        ["reopen_issue"] = With(),
        ["create_issue"] = new { owner = "acme", repo = "shop", title = "T", body = "B", labels = (string[])["bug"], assignees = (string[])["octocat"] },
        ["update_issue"] = With(("title", "T"), ("body", "B"), ("state", "closed"), ("labels", (string[])["bug"]), ("assignees", (string[])["octocat"]), ("milestone", 1)),
        ["approve_pr"] = With(("body", "Fine.")),
        ["merge_pr"] = With(("method", "rebase"), ("commit_title", "T"), ("commit_message", "M"), ("sha", Head)),
        ["dispatch_workflow"] = new { owner = "acme", repo = "shop", workflow = "release.yml", @ref = "main", inputs = new { version = "1.2.3" } },
        ["get_issue"] = With(),
        ["get_pr"] = With(),
        ["list_open_prs"] = new { owner = "acme", repo = "shop", @base = "main", limit = 100 },
        ["search_issues"] = new { query = "repo:acme/shop is:issue crash", limit = 100 },
    };

    private static readonly PolledRepo s_repository = new("acme", "shop");

    public static TheoryData<string> Commands => [.. s_calls.Keys];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task GitHub_describes_each_request_that_is_sent(string command)
    {
        await using var github = await GitHubHarness.ToAsync(description.Address);

        var answer = await github.CallAsync(command, s_calls[command]);

        Assert.Equal(JsonValueKind.Object, answer.ValueKind);
    }

    [Fact]
    public async Task GitHub_describes_the_search_for_a_comment()
    {
        await using var github = await GitHubHarness.ToAsync(description.Address);

        await github.CallAsync("create_comment", s_calls["create_comment"], begunBefore: DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task GitHub_describes_what_healing_asks_for()
    {
        await using var github = await GitHubHarness.ToAsync(description.Address);
        var deliveries = new HookDeliveries(github.Client, "github-agent", github.Clock);

        var (hooks, _) = await deliveries.HooksAsync(s_repository, CancellationToken.None);
        var tries = await deliveries.ReadAsync(s_repository, Assert.Single(hooks), DateTimeOffset.UnixEpoch, CancellationToken.None);
        await deliveries.AskAsync(s_repository, new Missed("acme/shop", hooks[0], tries.First().First().Id, DateTimeOffset.UnixEpoch), CancellationToken.None);

        Assert.All(tries, one => Assert.All(one, attempt => Assert.True(attempt is { Id: > 0, Guid.Length: > 0, Status: > 0 } && attempt.At > DateTimeOffset.UnixEpoch)));
    }

    [Fact]
    public async Task GitHub_describes_what_polling_asks_for()
    {
        await using var github = await GitHubHarness.ToAsync(description.Address);
        var lists = new PolledLists(github.Client);
        var (issues, comments) = (new PollTick("github-agent", 100, 1 << 20), new PollTick("github-agent", 100, 1 << 20));

        await lists.TimeAsync(s_repository, CancellationToken.None);
        await new IssuePhase(lists).RunAsync(s_repository, LongAgo(), issues, CancellationToken.None);
        await new CommentPhase(lists).RunAsync(s_repository, LongAgo(), comments, CancellationToken.None);

        // The example of an issue in a list is a pull request.
        Assert.Equal(["github.pr.opened"], issues.Events.Select(evt => evt.Type).Take(1));
        Assert.Equal(["github.comment.created"], comments.Events.Select(evt => evt.Type));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GitHub_describes_what_polling_for_labels_asks_for(bool matchPrs)
    {
        await using var github = await GitHubHarness.ToAsync(description.Address);
        var cursor = new RepoCursor { Matched = { 999 } };
        var tick = new PollTick("github-agent", 100, 1 << 20);
        var settings = new PollOptions { Labels = ["bug", "not yet"], State = "all", MatchPrs = matchPrs };

        // 999 is not in the list, so it is looked at by itself.
        await new MatchPhase(new PolledLists(github.Client)).RunAsync(s_repository, settings, cursor, tick, CancellationToken.None);

        Assert.Equal(matchPrs ? ["github.pr.matched"] : [], tick.Events.Select(evt => evt.Type));
    }

    [Fact]
    public async Task No_command_is_left_out()
    {
        await using var github = await GitHubHarness.StartAsync();

        Assert.Equal(github.Agent.Commands.Select(command => command.Name).Order(), s_calls.Keys.Append("add_to_project").Order());
    }

    /// <summary>The yardstick itself: every body is looked at.</summary>
    [Theory]
    [InlineData("POST", "issues", """{"body":"no title"}""")]
    [InlineData("POST", "issues", """{"title":"T","labels":"bug"}""")]
    [InlineData("PATCH", "issues/7", """{"state":"shut"}""")]
    [InlineData("POST", "issues/7/labels", """{"labels":7}""")]
    [InlineData("POST", "issues/7/assignees", """{"assignees":7}""")]
    [InlineData("POST", "issues/7/comments", "{}")]
    [InlineData("POST", "pulls/7/reviews", """{"event":"PRAISE"}""")]
    [InlineData("PUT", "pulls/7/merge", """{"merge_method":"glue"}""")]
    [InlineData("POST", "actions/workflows/release.yml/dispatches", """{"inputs":{}}""")]
    [InlineData("GET", "pulls?state=ajar", "")]
    [InlineData("GET", "issues/seven", "")]
    [InlineData("GET", "issues?sort=size", "")]
    [InlineData("GET", "issues/comments?since=yesterday", "")]
    [InlineData("GET", "hooks?per_page=many", "")]
    [InlineData("GET", "hooks/one/deliveries", "")]
    [InlineData("POST", "hooks/1/deliveries/one/attempts", "")]
    public async Task The_description_refuses_what_GitHub_refuses(string method, string path, string body)
    {
        using var client = new HttpClient(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{description.Address}/repos/acme/shop/{path}");
        if (body.Length > 0)
        {
            request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        }

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task GraphQL_operations_fit_GitHubs_schema()
    {
        await using var github = await GitHubHarness.StartAsync();
        var next = new Queue<string>(
        [
            """{"data":{"repository":{"issueOrPullRequest":{"id":"I_7"}}}}""",
            """{"data":{"addProjectV2ItemById":{"item":{"id":"PVTI_1"}}}}""",
            .. Enumerable.Repeat("""{"data":{}}""", 5),
            """{"data":{"viewer":{"login":"sekia[bot]"}}}""",
        ]);
        github.Server.On("POST /graphql", context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, next.Dequeue()));
        github.Server.On("GET /repos/acme/shop/pulls/7", 200, PullRequest());
        github.Server.On("GET /user", 403);
        github.Server.On("GET /repos/acme/shop/pulls/7/reviews", 200, JsonSerializer.Serialize((object[])[Review(1, "sekia[bot]", "APPROVED", type: "Bot")]));
        await github.CallAsync("add_to_project", With(("project_id", "PVT_1"), ("fields", (object[])
        [
            new { field_id = "F", text = "a" },
            new { field_id = "F", number = 2.5 },
            new { field_id = "F", date = "2026-12-31" },
            new { field_id = "F", single_select_option_id = "opt" },
            new { field_id = "F", iteration_id = "it" },
        ])));
        await github.CallAsync("approve_pr", Issue7);

        Assert.Equal("", await FaultsAsync(github.Sent("POST").Select(request => request.Body)));
        Assert.Empty(next);
    }

    [Fact]
    public async Task The_schema_refuses_what_GitHub_refuses()
    {
        var faults = await FaultsAsync(
        [
            """{"query":"query { viewer { nickname } }","variables":{}}""",
            """{"query":"query($n: Int!) { repository(owner: \"a\", name: \"b\") { issue(number: $n) { id } } }","variables":{"n":"seven"}}""",
        ]);

        Assert.Contains("Cannot query field \"nickname\" on type \"User\"", faults, StringComparison.Ordinal);
        Assert.Contains("Variable \"$n\" got invalid value", faults, StringComparison.Ordinal);
    }

    /// <summary>Of which everything is news.</summary>
    private static ListCursor LongAgo() => new() { Since = "2000-01-01T00:00:00Z", Complete = "2000-01-01T00:00:00Z" };

    /// <summary>What GitHub's schema has against these operations, one line each.</summary>
    private static async Task<string> FaultsAsync(IEnumerable<string> operations)
    {
        using var check = NodeProgram.Start("check-graphql.mjs");
        var faults = check.StandardOutput.ReadToEndAsync();
        var trouble = check.StandardError.ReadToEndAsync();
        await check.StandardInput.WriteAsync(new JsonArray([.. operations.Select(operation => JsonNode.Parse(operation))]).ToJsonString());
        check.StandardInput.Close();
        await check.WaitForExitAsync();
        Assert.Equal((0, ""), (check.ExitCode, await trouble));
        return await faults;
    }
}
