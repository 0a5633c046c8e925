using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Agents;
using Sekia.Tests.Support;
using static Sekia.Tests.GitHub.Samples;

namespace Sekia.Tests.GitHub.Commands;

/// <summary>Issues and pull requests come into projects with their fields, and what could not be set is named.</summary>
public sealed class ProjectTests : IAsyncLifetime
{
    private readonly List<JsonNode> _operations = [];
    private readonly Dictionary<string, string> _answers = new()
    {
        ["query"] = """{"data":{"repository":{"issueOrPullRequest":{"id":"I_7"}}}}""",
        ["PVT_1"] = """{"data":{"addProjectV2ItemById":{"item":{"id":"PVTI_1"}}}}""",
    };

    private GitHubHarness _github = null!;

    public async Task InitializeAsync()
    {
        _github = await GitHubHarness.StartAsync();
        _github.Server.On("POST /graphql", context => AnswerAsync(_github.Server, context));
    }

    public async Task DisposeAsync() => await _github.DisposeAsync();

    [Fact]
    public async Task It_is_found_added_and_its_fields_are_set()
    {
        var answer = await _github.CallAsync("add_to_project", With(("project_id", "PVT_1"), ("fields", (object[])
        [
            new { field_id = "F_text", text = "" },
            new { field_id = "F_number", number = 2.5 },
            new { field_id = "F_date", date = "2026-12-31" },
            new { field_id = "F_select", single_select_option_id = "opt" },
            new { field_id = "F_iteration", iteration_id = "it" },
        ])));

        Assert.Equal("""{"item_id":"PVTI_1","fields_set":5}""", answer.GetRawText());
        Assert.Equal(
            [
                """{"owner":"acme","repo":"shop","number":7}""",
                """{"project":"PVT_1","content":"I_7"}""",
                """{"project":"PVT_1","item":"PVTI_1","field":"F_text","value":{"text":""}}""",
                """{"project":"PVT_1","item":"PVTI_1","field":"F_number","value":{"number":2.5}}""",
                """{"project":"PVT_1","item":"PVTI_1","field":"F_date","value":{"date":"2026-12-31"}}""",
                """{"project":"PVT_1","item":"PVTI_1","field":"F_select","value":{"singleSelectOptionId":"opt"}}""",
                """{"project":"PVT_1","item":"PVTI_1","field":"F_iteration","value":{"iterationId":"it"}}""",
            ],
            _operations.Select(operation => operation["variables"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_field_that_is_refused_is_named_and_the_others_are_set()
    {
        _answers["F_2"] = """{"data":{"updateProjectV2ItemFieldValue":null},"errors":[{"type":"NOT_FOUND","message":"Could not resolve to a node with the global id of 'F_2'"}]}""";

        var refusal = await _github.RefusalAsync("add_to_project", With(("project_id", "PVT_1"), ("fields", (object[])
            [new { field_id = "F_1", text = "a" }, new { field_id = "F_2", text = "b" }, new { field_id = "F_3", text = "c" }])));

        Assert.Equal(
            "#7 is in the project as item PVTI_1, but 1 of 3 fields could not be set. GitHub refused to set field F_2: Could not resolve to a node with the global id of 'F_2'.",
            refusal);
        Assert.Equal(5, _operations.Count);
    }

    [Theory]
    [InlineData("query", """{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"Could not resolve to a Repository with the name 'acme/shop'."}]}""", "GitHub refused to find acme/shop#7: Could not resolve to a Repository with the name 'acme/shop'.")]
    [InlineData("PVT_1", """{"data":{"addProjectV2ItemById":null},"errors":[{"type":"INSUFFICIENT_SCOPES","message":"Your token has not been granted the required scopes: ['project']."}]}""", "GitHub refused to add it to project PVT_1: Your token has not been granted the required scopes: ['project'].")]
    public async Task What_GraphQL_refuses_is_told(string at, string answer, string reason)
    {
        _answers[at] = answer;

        Assert.Equal(reason, await _github.RefusalAsync("add_to_project", With(("project_id", "PVT_1"))));
    }

    [Theory]
    [InlineData("""{"field_id":"F"}""", "Argument 'fields[0]' has no value;")]
    [InlineData("""{"field_id":"F","text":"a","number":1}""", "Argument 'fields[0]' has more than one value;")]
    public async Task A_field_without_exactly_one_value_stops_it_before_anything_is_sent(string field, string reason)
    {
        Assert.StartsWith(reason, await _github.RefusalAsync("add_to_project", With(("project_id", "PVT_1"), ("fields", new[] { JsonNode.Parse(field) }))), StringComparison.Ordinal);

        Assert.Empty(_operations);
    }

    [Fact]
    public async Task GraphQLs_limit_is_a_pause()
    {
        _answers["query"] = """{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for user ID 1."}]}""";

        var pause = await Assert.ThrowsAsync<RetryAfterException>(() => _github.CallAsync("add_to_project", With(("project_id", "PVT_1"))));

        Assert.Equal(TimeSpan.FromMinutes(1), pause.Delay);
    }

    [Theory]
    [InlineData("""{"errors":[{"message":"Something went wrong while executing your query. Please include `ABCD` when reporting this issue."}]}""")]
    [InlineData("{}")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":{"repository":{"issueOrPullRequest":null}}}""")]
    public async Task What_breaks_in_GraphQL_may_pass(string answer)
    {
        _answers["query"] = answer;

        Assert.True(Failure.IsPassing(await Assert.ThrowsAsync<HttpRequestException>(() => _github.CallAsync("add_to_project", With(("project_id", "PVT_1"))))));
    }

    [Fact]
    public async Task On_GitHub_Enterprise_GraphQL_is_beside_the_REST_API()
    {
        await using var enterprise = await GitHubHarness.StartAsync("/api/v3");
        enterprise.Server.On("POST /api/graphql", context => AnswerAsync(enterprise.Server, context));
        enterprise.Server.On("GET /api/v3/repos/acme/shop/issues/7", 200, Issue());

        await enterprise.CallAsync("add_to_project", With(("project_id", "PVT_1")));
        await enterprise.CallAsync("get_issue", Issue7);

        Assert.Equal(3, enterprise.Server.Requests.Count);
    }

    /// <summary>By the field, or else the project, that the operation speaks of.</summary>
    private Task AnswerAsync(RecordingServer server, HttpContext context)
    {
        // The server has read the body, and one operation comes after the other.
        var operation = JsonNode.Parse(server.Requests[^1].Body)!;
        _operations.Add(operation);
        var variables = operation["variables"]!;
        return context.Response.WriteAsync(
            _answers.GetValueOrDefault((string?)variables["field"] ?? (string?)variables["project"] ?? "query")
            ?? """{"data":{"updateProjectV2ItemFieldValue":{"projectV2Item":{"id":"PVTI_1"}}}}""");
    }
}
