using System.Globalization;
using Sekia.Modules.Agents;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;
using static Sekia.Tests.GitHub.Samples;

namespace Sekia.Tests.GitHub.Client;

/// <summary>When GitHub says "not now", it is asked again when it said, and not before.</summary>
public sealed class GitHubLimitTests : IAsyncLifetime
{
    private const string Get = "GET /repos/acme/shop/issues/7";

    private GitHubHarness _github = null!;

    public async Task InitializeAsync() => _github = await GitHubHarness.StartAsync();

    public async Task DisposeAsync() => await _github.DisposeAsync();

    [Theory]
    [InlineData(429, "Retry-After", "30", "", 30)]
    [InlineData(429, "Retry-After", "0", "", 1)]
    [InlineData(429, "Retry-After", "999999", "", 3600)]
    [InlineData(429, "Retry-After", "Thu, 01 Jan 2026 00:00:45 GMT", "", 45)]
    [InlineData(429, "X-Other", "", "", 60)]
    [InlineData(403, "Retry-After", "90", "You have been asking too much", 90)]
    [InlineData(403, "X-Other", "", "You have exceeded a secondary rate limit. Please wait.", 60)]
    [InlineData(403, "X-Other", "", "You have triggered an abuse detection mechanism.", 60)]
    [InlineData(503, "Retry-After", "20", "", 20)]
    public async Task GitHub_is_given_the_pause_it_asks_for(int status, string header, string value, string message, int seconds)
    {
        _github.Server.On(Get, status, $$"""{"message":"{{message}}"}""", (header, value), Date);

        var pause = await Assert.ThrowsAsync<RetryAfterException>(() => _github.CallAsync("get_issue", Issue7));

        Assert.Equal(TimeSpan.FromSeconds(seconds), pause.Delay);
        Assert.Contains(message, pause.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, 1200, 1201)]
    [InlineData(429, 1200, 1201)]
    [InlineData(403, -5, 1)]
    [InlineData(403, 86_400, 3600)]
    public async Task When_no_requests_are_left_it_waits_for_new_ones_by_GitHubs_clock(int status, int resetIn, int seconds)
    {
        _github.Clock.Advance(TimeSpan.FromMinutes(50));
        _github.Server.On(Get, status, """{"message":"API rate limit exceeded for user ID 1."}""", [.. Limit(0, resetIn), Date]);

        var pause = await Assert.ThrowsAsync<RetryAfterException>(() => _github.CallAsync("get_issue", Issue7));

        Assert.Equal(TimeSpan.FromSeconds(seconds), pause.Delay);
    }

    [Fact]
    public async Task A_refusal_while_requests_are_left_is_no_limit()
    {
        _github.Server.On(Get, 403, """{"message":"Must have admin rights"}""", Limit(7, 60));

        Assert.Contains("Must have admin rights", await _github.RefusalAsync("get_issue", Issue7), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_word_on_the_limit_is_kept()
    {
        Assert.Null(_github.Agent.RateLimit);
        _github.Server.On(Get, 200, Issue(), Limit(4_321, 600));
        await _github.CallAsync("get_issue", Issue7);
        _github.Server.On(Get, 200, Issue(), ("X-RateLimit-Remaining", "soon"));
        await _github.CallAsync("get_issue", Issue7);

        Assert.Equal(new RateLimit(5_000, 4_321, new TestClock().GetUtcNow() + TimeSpan.FromMinutes(10)), _github.Agent.RateLimit);
    }

    [Fact]
    public async Task What_is_counted_apart_is_not_taken_for_the_whole()
    {
        _github.Server.On(Get, 200, Issue(), Limit(4_321, 600));
        await _github.CallAsync("get_issue", Issue7);
        _github.Server.On("GET /search/issues", 200, """{"total_count":0,"incomplete_results":false,"items":[]}""", Limit(3, 60, "search", 30));
        await _github.CallAsync("search_issues", new { query = "crash" });

        Assert.Equal(4_321, _github.Agent.RateLimit?.Remaining);
    }

    [Fact]
    public async Task The_API_shows_for_each_account_what_is_known_of_its_limit()
    {
        _github.Server.On(Get, 200, Issue(), Limit(4_321, 600));
        await using var host = AgentHost.Start([], settings: new Dictionary<string, string>
        {
            ["GitHub:Token"] = GitHubHarness.Token,
            ["GitHub:BaseUrl"] = _github.Server.Address,
            ["GitHub:Instances:work:Token"] = GitHubHarness.Token,
            ["GitHub:Instances:work:BaseUrl"] = _github.Server.Address,
        });
        Assert.Null((await host.AgentAsync("github-agent"))["rate_limit"]);

        var (_, accepted) = await host.PostAsync("/api/v1/commands", new { agent = "github-agent", command = "get_issue", payload = Issue7 });
        await host.WaitAsync((string)accepted["id"]!, "succeeded");

        Assert.Equal("""{"limit":5000,"remaining":4321,"resets_at":"2026-01-01T00:10:00Z"}""", (await host.AgentAsync("github-agent"))["rate_limit"]!.ToJsonString());
        Assert.Null((await host.AgentAsync("work"))["rate_limit"]);
    }

    private static (string Name, string Value) Date => ("Date", "Thu, 01 Jan 2026 00:00:00 GMT");

    /// <summary>The headers of the limit; it is reset so many seconds after the time the test begins.</summary>
    private static (string Name, string Value)[] Limit(int remaining, int resetIn, string resource = "core", int limit = 5_000) =>
    [
        ("X-RateLimit-Limit", limit.ToString(CultureInfo.InvariantCulture)),
        ("X-RateLimit-Remaining", remaining.ToString(CultureInfo.InvariantCulture)),
        ("X-RateLimit-Reset", (new TestClock().GetUtcNow().ToUnixTimeSeconds() + resetIn).ToString(CultureInfo.InvariantCulture)),
        ("X-RateLimit-Resource", resource),
    ];
}
