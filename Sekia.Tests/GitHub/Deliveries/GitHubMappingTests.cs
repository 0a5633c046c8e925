using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub.Deliveries;

public sealed class GitHubMappingTests
{
    [Fact]
    public async Task A_comment_is_told_as_documented()
    {
        var payload = await PayloadAsync("issue_comment", GitHubExamples.Get("issue_comment", "created").GetRawText());

        Assert.Equal(
            """{"owner":"Codertocat","repo":"Hello-World","issue_number":1,"comment_id":"492700400","body":"You are totally right! I'll get this fixed right away.","author":"Codertocat","url":"https://github.com/Codertocat/Hello-World/issues/1#issuecomment-492700400"}""",
            payload);
    }

    [Fact]
    public async Task An_issue_is_told_as_documented()
    {
        var payload = await PayloadAsync("issues", GitHubExamples.Get("issues", "labeled").GetRawText());

        Assert.Equal(
            """{"owner":"Codertocat","repo":"Hello-World","number":1,"title":"Spelling error in the README file","body":"It looks like you accidently spelled 'commit' with two 't's.","author":"Codertocat","url":"https://github.com/Codertocat/Hello-World/issues/1","labels":["bug"],"label":"bug"}""",
            payload);
    }

    [Fact]
    public async Task A_pull_request_is_told_as_documented()
    {
        var payload = await PayloadAsync("pull_request", GitHubExamples.Get("pull_request", "opened").GetRawText());

        Assert.Equal(
            """{"owner":"Codertocat","repo":"Hello-World","number":2,"title":"Update the README with new information.","body":"This is a pretty simple change that we need to pull into master.","author":"Codertocat","head_branch":"changes","base_branch":"master","url":"https://github.com/Codertocat/Hello-World/pull/2"}""",
            payload);
    }

    [Fact]
    public async Task A_push_tells_who_pushed()
    {
        var push = Changed("push", null, delivery =>
        {
            delivery["pusher"] = new JsonObject { ["name"] = "ann", ["email"] = "ann@example.com" };
            delivery["commits"] = new JsonArray(new JsonObject(), new JsonObject());
            delivery["head_commit"] = new JsonObject { ["message"] = "First line\n\nMore" };
        });

        Assert.Equal(
            """{"owner":"Codertocat","repo":"Hello-World","ref":"refs/tags/simple-tag","before":"0000000000000000000000000000000000000000","after":"6113728f27ae82c7b1a177c8d03f9e96e0adf246","commits_count":2,"pusher":"ann","head_commit_message":"First line\n\nMore"}""",
            await PayloadAsync("push", push));
    }

    [Fact]
    public async Task A_merged_pull_request_is_merged_with_its_commit()
    {
        await using var host = await DeliveryHarness.StartAsync(DeliveryHarness.SecretSetting);
        var merged = Changed("pull_request", "closed", delivery =>
        {
            delivery["pull_request"]!["merged"] = true;
            delivery["pull_request"]!["merge_commit_sha"] = "abc";
            delivery["pull_request"]!["closed_at"] = "2030-01-01T00:00:00Z";
        });

        using var closed = await host.DeliverAsync("pull_request", GitHubExamples.Get("pull_request", "closed").GetRawText());
        using var response = await host.DeliverAsync("pull_request", merged);

        Assert.Equal(["github.pr.closed", "github.pr.merged"], [host.At(1).Type, host.At(2).Type]);
        Assert.False(host.PayloadAt(1).TryGetProperty("merge_commit", out _));
        Assert.Equal("abc", host.PayloadAt(2).GetProperty("merge_commit").GetString());
    }

    [Fact]
    public async Task A_review_asked_of_a_team_has_no_reviewer()
    {
        var payload = await PayloadAsync("pull_request", Changed("pull_request", "review_requested", delivery =>
        {
            delivery.Remove("requested_reviewer");
            delivery["requested_team"] = new JsonObject { ["name"] = "owls" };
        }));

        Assert.False(JsonElement.Parse(payload).TryGetProperty("reviewer", out _));
    }

    [Fact]
    public async Task What_is_null_is_empty()
    {
        var payload = await PayloadAsync("issues", Changed("issues", "opened", delivery =>
        {
            delivery["issue"]!["user"] = null;
            delivery["issue"]!["body"] = null;
            delivery["issue"]!["labels"] = null;
        }));

        var issue = JsonElement.Parse(payload);
        Assert.Equal(("", "", 0), (issue.GetProperty("author").GetString(), issue.GetProperty("body").GetString(), issue.GetProperty("labels").GetArrayLength()));
    }

    public static TheoryData<string, string> Oddities() => new()
    {
        { "issues", """{"action":"opened"}""" },
        { "issues", """{"action":"labeled","issue":null,"label":null,"repository":null}""" },
        { "issues", """{"action":"assigned","issue":[],"assignee":"x","repository":"x"}""" },
        { "issues", """{"action":"closed","issue":{"number":1e400,"title":{},"body":[],"user":"x","labels":[1,null,{"name":null}]}}""" },
        { "issues", """{"action":"reopened","issue":{"number":1.5,"title":true,"labels":{}},"repository":{"owner":null,"name":7}}""" },
        { "pull_request", """{"action":"opened"}""" },
        { "pull_request", """{"action":"closed","pull_request":{"merged":"yes","head":null,"base":1}}""" },
        { "pull_request", """{"action":"review_requested","requested_reviewer":null}""" },
        { "pull_request", """{"action":"review_requested","requested_reviewer":{}}""" },
        { "push", "{}" },
        { "push", """{"commits":null,"head_commit":null,"pusher":null}""" },
        { "push", """{"commits":{},"head_commit":{"message":null},"pusher":"x"}""" },
        { "issue_comment", """{"action":"created"}""" },
        { "issue_comment", """{"action":"created","comment":{"id":99999999999999999999},"issue":{"number":99999999999999999999}}""" },
        { "issue_comment", """{"action":"created","action":"created","comment":{"body":"\ud83d cut","body":"\ud83d cut"}}""" },
    };

    [Theory]
    [MemberData(nameof(Oddities))]
    public async Task A_delivery_that_lacks_everything_is_still_an_event(string kind, string body)
    {
        await using var host = await DeliveryHarness.StartAsync(DeliveryHarness.SecretSetting);

        using var response = await host.DeliverAsync(kind, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.All(host.PayloadAt(1).EnumerateObject(), field =>
            Assert.True(field.Value.ValueKind is JsonValueKind.String or JsonValueKind.Array || field.Value.TryGetInt64(out _), field.Name));
    }

    [Fact]
    public async Task Half_a_pair_is_replaced()
    {
        var payload = await PayloadAsync("issues", """{"action":"opened","issue":{"title":"\ud83d","body":"a \ud83d\ude00"}}""");

        Assert.Equal(("\uFFFD", "a \U0001F600"), (JsonElement.Parse(payload).GetProperty("title").GetString(), JsonElement.Parse(payload).GetProperty("body").GetString()));
    }

    [Theory]
    [InlineData("issues", "issue")]
    [InlineData("pull_request", "pull_request")]
    [InlineData("issue_comment", "comment")]
    public async Task The_longest_text_that_github_allows_is_told_in_full(string kind, string thing)
    {
        var body = string.Concat(Enumerable.Repeat("\u0001é漢\"", 65_536 / 4));
        var action = kind == "issue_comment" ? "created" : "opened";

        var payload = JsonElement.Parse(await PayloadAsync(kind, Changed(kind, action, delivery => delivery[thing]!["body"] = body)));

        Assert.Equal(body, payload.GetProperty("body").GetString());
        Assert.False(payload.TryGetProperty("truncated", out _));
    }

    [Theory]
    [InlineData(1 << 20, 65_536)]
    [InlineData(16 << 20, 65_536)]
    [InlineData(32 << 10, 2048)]
    public async Task A_longer_one_is_cut_far_below_the_limit_of_a_payload(int limit, int length)
    {
        await using var host = await DeliveryHarness.StartAsync(DeliveryHarness.SecretSetting, $"Journal:MaxPayloadBytes={limit}");
        var push = Changed("push", null, delivery => delivery["head_commit"] = new JsonObject { ["message"] = new string('\u0001', 300_000) });

        using var response = await host.DeliverAsync("push", push);

        var payload = host.PayloadAt(1);
        Assert.Equal(new string('\u0001', length), payload.GetProperty("head_commit_message").GetString());
        Assert.True(payload.GetProperty("truncated").GetBoolean());
        Assert.InRange(host.At(1).Payload.Length, 0, limit / 2);
    }

    [Fact]
    public async Task No_character_is_cut_in_half()
    {
        var payload = JsonElement.Parse(await PayloadAsync("issues", Changed("issues", "opened", delivery =>
            delivery["issue"]!["body"] = "x" + string.Concat(Enumerable.Repeat("\U0001F600", 40_000)))));

        Assert.Equal(65_535, payload.GetProperty("body").GetString()!.Length);
        Assert.DoesNotContain('\uFFFD', payload.GetProperty("body").GetString()!);
    }

    [Fact]
    public async Task Labels_and_names_without_end_are_cut()
    {
        var payload = JsonElement.Parse(await PayloadAsync("issues", Changed("issues", "opened", delivery =>
        {
            delivery["issue"]!["labels"] = new JsonArray([.. Enumerable.Range(0, 101).Select(i => new JsonObject { ["name"] = $"label {i}" })]);
            delivery["issue"]!["title"] = new string('t', 2000);
        })));

        Assert.Equal((100, 1024, true), (payload.GetProperty("labels").GetArrayLength(), payload.GetProperty("title").GetString()!.Length, payload.GetProperty("truncated").GetBoolean()));
    }

    /// <summary>An example of GitHub, changed.</summary>
    private static string Changed(string kind, string? action, Action<JsonObject> change)
    {
        var delivery = JsonNode.Parse(GitHubExamples.Get(kind, action).GetRawText())!.AsObject();
        change(delivery);
        return delivery.ToJsonString();
    }

    private static async Task<string> PayloadAsync(string kind, string body)
    {
        await using var host = await DeliveryHarness.StartAsync(DeliveryHarness.SecretSetting);
        using var response = await host.DeliverAsync(kind, body);
        Assert.Equal("accepted", (await WebhookHarness.JsonOfAsync(response)).GetProperty("status").GetString());
        return host.PayloadAt(1).GetRawText();
    }
}
