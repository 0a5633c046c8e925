using System.Text.Json;
using Sekia.Modules.Agents;
using static Sekia.Tests.GitHub.Samples;

namespace Sekia.Tests.GitHub.Commands;

/// <summary>What each command asks of GitHub, and what it answers.</summary>
public sealed class GitHubCommandTests : IAsyncLifetime
{
    private const string OpenAnswer = """{"number":7,"title":"Crash at start","state":"open","url":"https://github.com/acme/shop/issues/7"}""";

    private GitHubHarness _github = null!;

    public async Task InitializeAsync() => _github = await GitHubHarness.StartAsync();

    public async Task DisposeAsync() => await _github.DisposeAsync();

    [Fact]
    public async Task Every_request_says_who_asks_and_what_it_understands()
    {
        _github.Server.On("GET /repos/acme/shop/issues/7", 200, Issue());

        await _github.CallAsync("get_issue", Issue7);

        var headers = Assert.Single(_github.Server.Requests).Headers;
        Assert.Equal("Bearer " + GitHubHarness.Token, headers["Authorization"]);
        Assert.Equal("application/vnd.github+json", headers["Accept"]);
        Assert.Equal("2022-11-28", headers["X-GitHub-Api-Version"]);
        Assert.StartsWith("sekia/", headers["User-Agent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_is_the_one_the_settings_have_now()
    {
        _github.Server.On("GET /repos/acme/shop/issues/7", 200, Issue());
        _github.Options.Current.Token = "ghp_next\n";

        await _github.CallAsync("get_issue", Issue7);

        Assert.Equal("Bearer ghp_next", Assert.Single(_github.Server.Requests).Headers["Authorization"]);
    }

    [Fact]
    public async Task A_label_is_added()
    {
        _github.Server.On("POST /repos/acme/shop/issues/7/labels", 200, """[{"name":"bug"},{"name":"old"}]""");

        var answer = await _github.CallAsync("add_label", With(("label", "bug")));

        AssertSent("POST", "/repos/acme/shop/issues/7/labels", """{"labels":["bug"]}""");
        AssertAnswer("""{"labels":["bug","old"]}""", answer);
    }

    [Fact]
    public async Task A_label_is_removed_whatever_its_name()
    {
        _github.Server.On("DELETE /repos/acme/shop/issues/7/labels/needs%20review%3F%2F%C3%BC", 200, "[]");

        var answer = await _github.CallAsync("remove_label", With(("label", "needs review?/ü")));

        AssertSent("DELETE", "/repos/acme/shop/issues/7/labels/needs%20review%3F%2F%C3%BC", "");
        AssertAnswer("""{"labels":[]}""", answer);
    }

    [Fact]
    public async Task A_label_that_is_not_there_counts_as_removed()
    {
        _github.Server.On("DELETE /repos/acme/shop/issues/7/labels/bug", 404, """{"message":"Label does not exist","status":"404"}""");
        _github.Server.On("GET /repos/acme/shop/issues/7/labels", 200, """[{"name":"old"}]""");

        AssertAnswer("""{"labels":["old"]}""", await _github.CallAsync("remove_label", With(("label", "bug"))));
    }

    [Fact]
    public async Task A_label_of_an_issue_that_is_not_there_cannot_be_removed()
    {
        _github.Server.On("DELETE /repos/acme/shop/issues/7/labels/bug", 404, """{"message":"Not Found"}""");

        Assert.Contains("404", await _github.RefusalAsync("remove_label", With(("label", "bug"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("close_issue", "closed")]
    [InlineData("reopen_issue", "open")]
    public async Task An_issue_is_closed_and_opened_again(string command, string state)
    {
        _github.Server.On("PATCH /repos/acme/shop/issues/7", 200, Issue(state));

        var answer = await _github.CallAsync(command, Issue7);

        AssertSent("PATCH", "/repos/acme/shop/issues/7", $$"""{"state":"{{state}}"}""");
        AssertAnswer(OpenAnswer.Replace("open", state, StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task An_issue_is_created_with_what_is_given()
    {
        _github.Server.On("POST /repos/acme/shop/issues", 201, Issue());

        var answer = await _github.CallAsync("create_issue", new { owner = "acme", repo = "shop", title = "Crash at start", labels = (string[])["bug"] });

        AssertSent("POST", "/repos/acme/shop/issues", """{"title":"Crash at start","labels":["bug"]}""");
        AssertAnswer(OpenAnswer, answer);
    }

    [Fact]
    public async Task An_issue_is_changed_in_what_is_given()
    {
        _github.Server.On("PATCH /repos/acme/shop/issues/7", 200, Issue());

        await _github.CallAsync("update_issue", With(("title", "T"), ("state", "open"), ("labels", Array.Empty<string>()), ("milestone", 3)));

        AssertSent("PATCH", "/repos/acme/shop/issues/7", """{"title":"T","state":"open","labels":[],"milestone":3}""");
    }

    [Fact]
    public async Task To_change_nothing_is_refused() =>
        Assert.Contains("give title", await _github.RefusalAsync("update_issue", Issue7), StringComparison.Ordinal);

    [Fact]
    public void A_state_that_does_not_exist_is_refused_before_anything_is_sent()
    {
        var update = _github.Agent.Commands.Single(command => command.Name == "update_issue");

        var refusal = Assert.Throws<InvalidCommandException>(() => ArgumentCheck.Read(update, JsonSerializer.SerializeToUtf8Bytes(With(("state", "shut")))));

        Assert.Contains("\"open\", \"closed\"", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Users_are_assigned()
    {
        _github.Server.On("POST /repos/acme/shop/issues/7/assignees", 201, Issue(assignees: ["Mona", "hubot"]));

        var answer = await _github.CallAsync("assign", With(("assignees", (string[])["mona"])));

        AssertSent("POST", "/repos/acme/shop/issues/7/assignees", """{"assignees":["mona"]}""");
        Assert.Equal(2, answer.GetProperty("assignees").GetArrayLength());
    }

    [Fact]
    public async Task A_user_whom_GitHub_leaves_out_in_silence_is_named()
    {
        _github.Server.On("POST /repos/acme/shop/issues/7/assignees", 201, Issue(assignees: ["mona"]));

        var refusal = await _github.RefusalAsync("assign", With(("assignees", (string[])["mona", "stranger"])));

        Assert.Contains("did not assign stranger;", refusal, StringComparison.Ordinal);
        Assert.Contains("Assigned are: mona.", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pull_request_is_merged_as_asked()
    {
        _github.Server.On("PUT /repos/acme/shop/pulls/7/merge", 200, """{"sha":"feed","merged":true,"message":"Pull Request successfully merged"}""");

        var answer = await _github.CallAsync("merge_pr", With(("method", "squash"), ("commit_title", "T"), ("commit_message", "M"), ("sha", Head)));

        AssertSent("PUT", "/repos/acme/shop/pulls/7/merge", $$"""{"merge_method":"squash","commit_title":"T","commit_message":"M","sha":"{{Head}}"}""");
        AssertAnswer("""{"merged":true,"merge_commit":"feed","already":false}""", answer);
    }

    [Fact]
    public async Task What_is_merged_already_counts_as_merged()
    {
        _github.Server.On("PUT /repos/acme/shop/pulls/7/merge", 405, """{"message":"Pull Request is not mergeable"}""");
        _github.Server.On("GET /repos/acme/shop/pulls/7", 200, PullRequest(merged: true));

        AssertAnswer("""{"merged":true,"merge_commit":"feed","already":true}""", await _github.CallAsync("merge_pr", Issue7));
    }

    [Theory]
    [InlineData(false, Head)]
    [InlineData(true, "another")]
    public async Task What_cannot_be_merged_or_was_merged_at_another_commit_is_a_refusal(bool merged, string sha)
    {
        _github.Server.On("PUT /repos/acme/shop/pulls/7/merge", 405, """{"message":"Pull Request is not mergeable"}""");
        _github.Server.On("GET /repos/acme/shop/pulls/7", 200, PullRequest(merged: merged));

        Assert.Contains("Pull Request is not mergeable", await _github.RefusalAsync("merge_pr", With(("sha", sha))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workflow_is_dispatched()
    {
        _github.Server.On("POST /repos/acme/shop/actions/workflows/release.yml/dispatches", 204);

        var answer = await _github.CallAsync(
            "dispatch_workflow",
            new { owner = "acme", repo = "shop", workflow = "release.yml", @ref = "main", inputs = new { version = "1.2.3" } });

        AssertSent("POST", "/repos/acme/shop/actions/workflows/release.yml/dispatches", """{"ref":"main","inputs":{"version":"1.2.3"}}""");
        AssertAnswer("""{"workflow":"release.yml","ref":"main"}""", answer);
    }

    [Fact]
    public async Task An_issue_is_given_as_the_events_have_it()
    {
        _github.Server.On("GET /repos/acme/shop/issues/7", 200, Issue());

        AssertAnswer(
            """
            {"owner":"acme","repo":"shop","number":7,"title":"Crash at start","body":"It crashes.","state":"open","author":"octocat",
             "labels":["bug","plain"],"assignees":[],"comments":3,"is_pr":false,"url":"https://github.com/acme/shop/issues/7",
             "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z"}
            """,
            await _github.CallAsync("get_issue", Issue7));
    }

    [Fact]
    public async Task A_pull_request_is_given_also_when_its_author_is_gone()
    {
        _github.Server.On("GET /repos/acme/shop/pulls/7", 200, PullRequest());

        AssertAnswer(
            $$"""
            {"number":7,"title":"Mend the crash","body":"","state":"open","draft":false,"merged":false,"author":"ghost","labels":["bug"],
             "head_branch":"mend","head_commit":"{{Head}}","base_branch":"main","url":"https://github.com/acme/shop/pull/7",
             "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z"}
            """,
            await _github.CallAsync("get_pr", Issue7));
    }

    [Fact]
    public async Task Open_pull_requests_are_listed_up_to_a_limit()
    {
        _github.Server.On("GET /repos/acme/shop/pulls", 200, $"[{PullRequest()},{PullRequest()}]");

        var answer = await _github.CallAsync("list_open_prs", new { owner = "acme", repo = "shop", @base = "release/1 & 2", limit = 2 });

        Assert.Equal("/repos/acme/shop/pulls?state=open&base=release%2F1%20%26%202&per_page=2", Assert.Single(_github.Server.Requests).PathAndQuery);
        Assert.Equal(2, answer.GetProperty("pull_requests").GetArrayLength());
        Assert.True(answer.GetProperty("more").GetBoolean());
    }

    [Fact]
    public async Task A_search_answers_with_the_beginning_of_each_body()
    {
        var found = Issue().Replace("It crashes.", new string('x', 999) + "\\ud83d\\ude00", StringComparison.Ordinal);
        _github.Server.On("GET /search/issues", 200, $$"""{"total_count":40,"incomplete_results":false,"items":[{{found}}]}""");

        var answer = await _github.CallAsync("search_issues", new { query = "repo:acme/shop is:issue \"a b\"&x" });

        Assert.Equal("/search/issues?q=repo%3Aacme%2Fshop%20is%3Aissue%20%22a%20b%22%26x&per_page=30", Assert.Single(_github.Server.Requests).PathAndQuery);
        Assert.Equal(40, answer.GetProperty("total").GetInt32());
        Assert.Equal(new string('x', 999) + "…", answer.GetProperty("items")[0].GetProperty("body").GetString());
    }

    [Theory]
    [InlineData("..", "shop")]
    [InlineData("acme", ".")]
    [InlineData("", "shop")]
    public async Task A_name_cannot_lead_to_another_address(string owner, string repo) =>
        Assert.Contains("names nothing on GitHub", await _github.RefusalAsync("get_issue", new { owner, repo, number = 7 }), StringComparison.Ordinal);

    [Fact]
    public async Task A_name_with_slashes_is_one_name()
    {
        _github.Server.On("GET /repos/acme/..%2F..%2Fuser/issues/7", 404, """{"message":"Not Found"}""");

        await _github.RefusalAsync("get_issue", new { owner = "acme", repo = "../../user", number = 7 });

        Assert.Equal("/repos/acme/..%2F..%2Fuser/issues/7", Assert.Single(_github.Server.Requests).PathAndQuery);
    }

    private void AssertSent(string method, string path, string body)
    {
        var request = Assert.Single(_github.Server.Requests);
        Assert.Equal((method, path), (request.Method, request.PathAndQuery));
        Assert.Equal(body, request.Body);
    }

    private static void AssertAnswer(string expected, JsonElement answer) =>
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), answer), answer.GetRawText());
}
