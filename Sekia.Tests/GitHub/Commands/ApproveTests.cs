using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Deliveries;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;
using static Sekia.Tests.GitHub.Samples;

namespace Sekia.Tests.GitHub.Commands;

/// <summary>A pull request is approved once however often that is asked, and again only when the approval no longer stands.</summary>
public sealed class ApproveTests : IAsyncLifetime
{
    private const string Reviews = "/repos/acme/shop/pulls/7/reviews";

    private readonly List<object> _reviews = [];
    private GitHubHarness _github = null!;

    public async Task InitializeAsync()
    {
        _github = await GitHubHarness.StartAsync();
        _github.Server.On("GET /repos/acme/shop/pulls/7", 200, PullRequest());
        _github.Server.On("GET /user", 200, """{"login":"sekia-bot","type":"User"}""");
        _github.Server.On($"GET {Reviews}", ListAsync);
        _github.Server.On($"POST {Reviews}", async context =>
        {
            _reviews.Add(Review(900, "sekia-bot", "APPROVED"));
            await context.Response.WriteAsync(JsonSerializer.Serialize(_reviews[^1]));
        });
    }

    public async Task DisposeAsync() => await _github.DisposeAsync();

    [Fact]
    public async Task The_commit_that_was_looked_at_is_approved()
    {
        var answer = await _github.CallAsync("approve_pr", With(("body", "Fine.")));

        Assert.Equal($$"""{"commit_id":"{{Head}}","event":"APPROVE","body":"Fine."}""", Assert.Single(_github.Sent("POST")).Body);
        Assert.Equal((900, Head, false), (answer.GetProperty("review_id").GetInt64(), answer.GetProperty("commit").GetString(), answer.GetProperty("already").GetBoolean()));
    }

    [Fact]
    public async Task Asked_twice_it_approves_once()
    {
        await _github.CallAsync("approve_pr", Issue7);

        var again = await _github.CallAsync("approve_pr", Issue7);

        Assert.Single(_github.Sent("POST"));
        Assert.True(again.GetProperty("already").GetBoolean());
        Assert.Equal(900, again.GetProperty("review_id").GetInt64());
    }

    [Fact]
    public async Task An_approval_on_a_later_page_is_found()
    {
        _reviews.AddRange(Enumerable.Range(1, 250).Select(id => Review(id, "somebody", "COMMENTED")));
        _reviews.Add(Review(251, "Sekia-Bot", "APPROVED"));

        Assert.Equal(251, (await _github.CallAsync("approve_pr", Issue7)).GetProperty("review_id").GetInt64());

        Assert.Empty(_github.Sent("POST"));
        Assert.Equal(3, _github.Sent("GET").Count(request => request.PathAndQuery.StartsWith(Reviews, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_approval_that_was_sent_a_moment_ago_may_still_arrive_and_is_waited_for()
    {
        var pause = await Assert.ThrowsAsync<RetryAfterException>(() =>
            _github.CallAsync("approve_pr", Issue7, begunBefore: _github.Clock.GetUtcNow() - TimeSpan.FromSeconds(44)));

        Assert.Equal(TimeSpan.FromSeconds(45), pause.Delay);
        Assert.Empty(_github.Sent("POST"));
        await _github.CallAsync("approve_pr", Issue7, begunBefore: _github.Clock.GetUtcNow() - TimeSpan.FromSeconds(45));
        Assert.Single(_github.Sent("POST"));
    }

    [Fact]
    public async Task An_approval_that_arrives_late_is_not_sent_again()
    {
        _github.Server.On($"POST {Reviews}", context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var clock = new TestClock();
        await using var host = AgentHost.Start([], clock: clock, settings: new Dictionary<string, string>
        {
            ["GitHub:Token"] = GitHubHarness.Token,
            ["GitHub:BaseUrl"] = _github.Server.Address,
        });
        var (_, accepted) = await host.PostAsync("/api/v1/commands", new { agent = "github-agent", command = "approve_pr", payload = Issue7 });
        var id = (string)accepted["id"]!;

        await host.WaitForPauseAsync(id, attempts: 1);
        clock.Advance(TimeSpan.FromSeconds(1));
        await host.WaitForPauseAsync(id, attempts: 2);
        _reviews.Add(Review(900, "sekia-bot", "APPROVED"));
        clock.Advance(TimeSpan.FromSeconds(45));
        var command = await host.WaitAsync(id, "succeeded");

        Assert.Equal((900, true), ((int)command["result"]!["review_id"]!, (bool)command["result"]!["already"]!));
        Assert.Single(_github.Sent("POST"));
    }

    [Theory]
    [InlineData("APPROVED:sekia-bot:old")]
    [InlineData("APPROVED:somebody:head")]
    [InlineData("DISMISSED:sekia-bot:head")]
    [InlineData("APPROVED:sekia-bot:head", "CHANGES_REQUESTED:sekia-bot:head")]
    [InlineData("APPROVED:sekia-bot:head", "DISMISSED:sekia-bot:head")]
    [InlineData("COMMENTED:sekia-bot:head")]
    [InlineData("PENDING:sekia-bot:head")]
    [InlineData("APPROVED::head")]
    public async Task It_approves_when_no_approval_of_its_own_stands_for_this_commit(params string[] reviews)
    {
        Given(reviews);

        await _github.CallAsync("approve_pr", Issue7);

        Assert.Single(_github.Sent("POST"));
    }

    [Fact]
    public async Task Reviews_that_go_on_at_another_host_are_not_taken_for_all()
    {
        _github.Server.On($"GET {Reviews}", 200, "[]", ("Link", "<https://elsewhere.example/reviews?page=2>; rel=\"next\""));

        var reason = await _github.RefusalAsync("approve_pr", Issue7);

        Assert.Contains("https://elsewhere.example", reason, StringComparison.Ordinal);
        Assert.Contains(_github.Server.Address, reason, StringComparison.Ordinal);
        Assert.Empty(_github.Sent("POST"));
    }

    [Theory]
    [InlineData("APPROVED:sekia-bot:head", "COMMENTED:sekia-bot:head")]
    [InlineData("APPROVED:sekia-bot:head", "CHANGES_REQUESTED:somebody:head")]
    [InlineData("CHANGES_REQUESTED:sekia-bot:old", "APPROVED:sekia-bot:head")]
    public async Task It_does_not_approve_again_what_it_has_approved(params string[] reviews)
    {
        Given(reviews);

        await _github.CallAsync("approve_pr", Issue7);

        Assert.Empty(_github.Sent("POST"));
    }

    [Theory]
    [InlineData(403, "sekia[bot]", "sekia[bot]", "Bot", 0)]
    [InlineData(404, "sekia", "sekia[bot]", "Bot", 0)]
    [InlineData(403, "sekia[bot]", "sekia", "User", 1)]
    [InlineData(403, "sekia[bot]", "other[bot]", "Bot", 1)]
    public async Task The_token_of_an_app_is_known_by_GraphQL(int status, string viewer, string reviewer, string type, int approvals)
    {
        _github.Server.On("GET /user", status, """{"message":"Resource not accessible by integration"}""");
        _github.Server.On("POST /graphql", 200, """{"data":{"viewer":{"login":"?"}}}""".Replace("?", viewer, StringComparison.Ordinal));
        _reviews.Add(Review(1, reviewer, "APPROVED", type: type));

        await _github.CallAsync("approve_pr", Issue7);

        Assert.Equal(approvals, _github.Sent("POST").Count(request => request.PathAndQuery == Reviews));
    }

    [Fact]
    public async Task When_nobody_says_whose_token_it_is_nothing_is_approved()
    {
        _github.Server.On("GET /user", 403, """{"message":"Resource not accessible by integration"}""");
        _github.Server.On("POST /graphql", 200, """{"data":null,"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}""");

        Assert.Equal(
            "GitHub refused to tell whose token this is, so that nothing is approved twice: Resource not accessible by integration.",
            await _github.RefusalAsync("approve_pr", Issue7));
    }

    [Fact]
    public async Task A_wrong_token_is_not_asked_about_twice()
    {
        _github.Server.On("GET /user", 401, """{"message":"Bad credentials"}""");

        Assert.Contains("GitHub:Token", await _github.RefusalAsync("approve_pr", Issue7), StringComparison.Ordinal);

        Assert.Empty(_github.Sent("POST"));
    }

    private void Given(string[] reviews)
    {
        foreach (var (index, parts) in reviews.Select(review => review.Split(':')).Index())
        {
            _reviews.Add(parts[1].Length == 0
                ? new { id = index, user = (object?)null, state = parts[0], commit_id = Head }
                : Review(index, parts[1], parts[0], parts[2] == "head" ? Head : "an older commit"));
        }
    }

    /// <summary>Pages as GitHub has them: the next one's address is in a header.</summary>
    private async Task ListAsync(HttpContext context)
    {
        var size = int.Parse(context.Request.Query["per_page"]!, System.Globalization.CultureInfo.InvariantCulture);
        var page = int.TryParse(context.Request.Query["page"], out var asked) ? asked : 1;
        if (page * size < _reviews.Count)
        {
            var address = _github.Server.Address + Reviews;
            context.Response.Headers.Link = $"<{address}?per_page={size}&page={page - 1}>; rel=\"prev\", <{address}?per_page={size}&page={page + 1}>; rel=\"next\"";
        }

        await context.Response.WriteAsync(JsonSerializer.Serialize(_reviews.Skip((page - 1) * size).Take(size)));
    }
}
