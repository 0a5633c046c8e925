using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub.Deliveries;

/// <summary>Every example that GitHub publishes, posted to one host as GitHub would.</summary>
public sealed class GitHubExamplesTests : IClassFixture<GitHubExamplesTests.SharedHost>
{
    private static readonly string[] s_issue = ["owner s", "repo s", "number n", "title s", "body s", "author s", "url s", "labels a"];
    private static readonly string[] s_pullRequest = ["owner s", "repo s", "number n", "title s", "body s", "author s", "head_branch s", "base_branch s", "url s"];
    private static readonly string[] s_push = ["owner s", "repo s", "ref s", "before s", "after s", "commits_count n", "pusher s"];

    /// <summary>What is documented: the fields of each type with their kinds (text, whole number, array of texts), in order.</summary>
    private static readonly Dictionary<string, string[]> s_fields = new()
    {
        ["github.issue.opened"] = s_issue,
        ["github.issue.closed"] = s_issue,
        ["github.issue.reopened"] = s_issue,
        ["github.issue.labeled"] = [.. s_issue, "label s"],
        ["github.issue.assigned"] = [.. s_issue, "assignee s"],
        ["github.pr.opened"] = s_pullRequest,
        ["github.pr.closed"] = s_pullRequest,
        ["github.pr.merged"] = [.. s_pullRequest, "merge_commit s"],
        ["github.pr.review_requested"] = [.. s_pullRequest, "reviewer s"],
        ["github.push"] = s_push,
        ["github.comment.created"] = ["owner s", "repo s", "issue_number n", "comment_id s", "body s", "author s", "url s"],
    };

    /// <summary>Which deliveries are events, by kind and action.</summary>
    private static readonly Dictionary<string, string> s_types = new()
    {
        ["issues opened"] = "github.issue.opened",
        ["issues closed"] = "github.issue.closed",
        ["issues reopened"] = "github.issue.reopened",
        ["issues labeled"] = "github.issue.labeled",
        ["issues assigned"] = "github.issue.assigned",
        ["pull_request opened"] = "github.pr.opened",
        ["pull_request closed"] = "github.pr.closed",
        ["pull_request review_requested"] = "github.pr.review_requested",
        ["push "] = "github.push",
        ["issue_comment created"] = "github.comment.created",
    };

    private static int s_facts;

    private readonly DeliveryHarness _host;

    public GitHubExamplesTests(SharedHost shared) => _host = shared.Harness;

    public static TheoryData<string, string, int> Examples() => GitHubExamples.All();

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_is_accepted_with_all_that_is_documented_or_ignored(string server, string kind, int place)
    {
        var example = FactOfItsOwn(GitHubExamples.Get(server, kind, place));

        using var response = await _host.DeliverAsync(kind, example.GetRawText(), id: $"{server} {kind} {place}");

        var answer = await WebhookHarness.JsonOfAsync(response);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        if (TypeOf(kind, example) is not { } type)
        {
            Assert.Equal("""{"status":"ignored"}""", answer.GetRawText());
            return;
        }

        Assert.Equal(("accepted", false), (answer.GetProperty("status").GetString(), answer.GetProperty("duplicate").GetBoolean()));
        var evt = _host.At(answer.GetProperty("seq").GetInt64());
        Assert.Equal((answer.GetProperty("id").GetString(), "sekia.events.github", type, "github"), (evt.Id, evt.Subject, evt.Type, evt.Source));
        AssertFields(type, example, JsonElement.Parse(evt.Payload.Span));
    }

    /// <summary>The examples tell of a handful of issues again and again, and a fact is recorded once.</summary>
    private static JsonElement FactOfItsOwn(JsonElement example)
    {
        var own = JsonNode.Parse(example.GetRawText())!;
        foreach (var item in (string[])["issue", "pull_request", "comment"])
        {
            if (own[item] is JsonObject { } fact)
            {
                fact["id"] = Interlocked.Increment(ref s_facts);
            }
        }

        return JsonElement.Parse(own.ToJsonString());
    }

    private static void AssertFields(string type, JsonElement example, JsonElement payload)
    {
        var hasMessage = type == "github.push" && example.GetProperty("head_commit").ValueKind == JsonValueKind.Object;
        Assert.Equal(
            hasMessage ? [.. s_fields[type], "head_commit_message s"] : s_fields[type],
            payload.EnumerateObject().Select(field => $"{field.Name} {Kind(field.Value)}"));

        var repository = example.GetProperty("repository");
        Assert.Equal(repository.GetProperty("full_name").GetString(), $"{payload.GetProperty("owner").GetString()}/{payload.GetProperty("repo").GetString()}");
        foreach (var name in (string[])["title", "author", "url", "head_branch", "base_branch", "ref", "before", "after", "pusher", "label", "assignee", "reviewer", "comment_id"])
        {
            Assert.False(payload.TryGetProperty(name, out var text) && text.GetString() == "", name);
        }

        foreach (var name in (string[])["number", "issue_number"])
        {
            Assert.False(payload.TryGetProperty(name, out var number) && number.GetInt64() <= 0, name);
        }
    }

    private static string? TypeOf(string kind, JsonElement example)
    {
        var action = example.TryGetProperty("action", out var text) ? text.GetString() : "";
        var type = s_types.GetValueOrDefault($"{kind} {action}");
        return type == "github.pr.closed" && example.GetProperty("pull_request").GetProperty("merged").GetBoolean() ? "github.pr.merged" : type;
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "s",
        JsonValueKind.Number when value.TryGetInt64(out _) => "n",
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) => "a",
        var other => other.ToString(),
    };

    /// <summary>One host for all of them.</summary>
    public sealed class SharedHost : IAsyncLifetime
    {
        private DeliveryHarness? _harness;

        internal DeliveryHarness Harness => _harness!;

        public async Task InitializeAsync() => _harness = await DeliveryHarness.StartAsync(DeliveryHarness.SecretSetting);

        public async Task DisposeAsync() => await Harness.DisposeAsync();
    }
}
