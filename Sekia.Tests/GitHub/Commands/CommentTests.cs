using System.Net;
using Sekia.Modules.Agents;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;
using static Sekia.Tests.GitHub.Samples;

namespace Sekia.Tests.GitHub.Commands;

/// <summary>A comment is there once, whatever happens on its way.</summary>
public sealed class CommentTests
{
    private static readonly object s_command = new { agent = "github-agent", command = "create_comment", payload = With(("body", "Thanks!")) };

    [Fact]
    public async Task A_comment_is_sent_with_a_mark_that_nobody_sees_and_without_looking_first()
    {
        await using var github = await GitHubHarness.StartAsync();
        var thread = new CommentThread(github.Server);

        var answer = await github.CallAsync("create_comment", With(("body", "Thanks!")));

        Assert.Equal("Thanks!\n\n<!-- sekia:cmd_1 -->", Assert.Single(thread.Bodies));
        Assert.Equal("""{"comment_id":1,"url":"https://github.com/acme/shop/issues/7#issuecomment-1"}""", answer.GetRawText());
        Assert.Empty(github.Sent("GET"));
    }

    [Fact]
    public async Task Before_it_is_sent_again_it_is_looked_for_from_a_day_before_the_command_on()
    {
        await using var github = await GitHubHarness.StartAsync();
        var thread = new CommentThread(github.Server);
        thread.Add("Thanks!");
        thread.Add("Thanks!\n\n<!-- sekia:cmd_1 -->\n");

        var answer = await github.CallAsync("create_comment", With(("body", "Thanks!")), begunBefore: github.Clock.GetUtcNow());

        Assert.Equal(2, answer.GetProperty("comment_id").GetInt32());
        Assert.Equal("/repos/acme/shop/issues/7/comments?since=2025-12-31T00:00:00Z&per_page=100", Assert.Single(github.Server.Requests).PathAndQuery);
    }

    [Fact]
    public async Task Another_commands_comment_is_not_taken_for_this_one()
    {
        await using var github = await GitHubHarness.StartAsync();
        var thread = new CommentThread(github.Server);
        thread.Add("Thanks!\n\n<!-- sekia:cmd_12 -->");

        await github.CallAsync("create_comment", With(("body", "Thanks!")), begunBefore: github.Clock.GetUtcNow() - TimeSpan.FromMinutes(1));

        Assert.Equal("Thanks!\n\n<!-- sekia:cmd_1 -->", thread.Bodies[1]);
    }

    [Fact]
    public async Task What_was_sent_a_moment_ago_may_still_arrive_and_is_waited_for()
    {
        await using var github = await GitHubHarness.StartAsync();
        var thread = new CommentThread(github.Server);

        var pause = await Assert.ThrowsAsync<RetryAfterException>(() =>
            github.CallAsync("create_comment", With(("body", "Thanks!")), begunBefore: github.Clock.GetUtcNow() - TimeSpan.FromSeconds(44)));

        // From the attempt that only looked: the next one must not find it to be a moment ago again.
        Assert.Equal(TimeSpan.FromSeconds(45), pause.Delay);
        Assert.Empty(thread.Bodies);
    }

    [Theory]
    [InlineData("KeptAndDropped")]
    [InlineData("KeptAndBroken")]
    public async Task A_comment_whose_arrival_is_not_known_is_there_once(string accident)
    {
        var clock = new TestClock();
        await using var server = await RecordingServer.StartAsync();
        var thread = new CommentThread(server) { OnPost = number => number == 0 ? Enum.Parse<Accident>(accident) : Accident.None };
        await using var host = Start(server, clock);
        var id = await SendAsync(host);

        await host.WaitForPauseAsync(id, attempts: 1);
        clock.Advance(TimeSpan.FromSeconds(1));
        var command = await host.WaitAsync(id, "succeeded");

        Assert.Equal($"Thanks!\n\n<!-- sekia:{id} -->", Assert.Single(thread.Bodies));
        Assert.Equal((2, 1), ((int)command["attempts"]!, (int)command["result"]!["comment_id"]!));
        Assert.Single(server.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task A_comment_that_was_lost_is_sent_again_when_it_can_no_longer_arrive()
    {
        var clock = new TestClock();
        await using var server = await RecordingServer.StartAsync();
        var thread = new CommentThread(server) { OnPost = number => number == 0 ? Accident.Lost : Accident.None };
        await using var host = Start(server, clock);
        var id = await SendAsync(host);

        await host.WaitForPauseAsync(id, attempts: 1);
        clock.Advance(TimeSpan.FromSeconds(1));
        await host.WaitForPauseAsync(id, attempts: 2);
        Assert.Empty(thread.Bodies);
        clock.Advance(TimeSpan.FromSeconds(45));
        await host.WaitAsync(id, "succeeded");

        Assert.Single(thread.Bodies);
        Assert.Equal(["POST", "GET", "GET", "POST"], server.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task A_person_who_retries_gets_no_second_comment()
    {
        var clock = new TestClock();
        await using var server = await RecordingServer.StartAsync();
        var thread = new CommentThread(server) { OnPost = _ => Accident.KeptAndBroken };
        await using var host = Start(server, clock, ("GitHub:MaxAttempts", "1"));
        var id = await SendAsync(host);
        await host.WaitAsync(id, "failed");

        await host.PostAsync($"/api/v1/commands/{id}/retry");
        await host.WaitAsync(id, "succeeded");

        Assert.Single(thread.Bodies);
    }

    /// <summary>The real program, killed while GitHub has the comment and has not said so yet.</summary>
    [Fact]
    public async Task Killed_while_GitHub_has_it_and_started_again_there_is_one_comment()
    {
        using var root = new TemporaryFolder();
        await using var server = await RecordingServer.StartAsync();
        var thread = new CommentThread(server) { OnPost = number => number == 0 ? Accident.KeptAndHeld : Accident.None };
        string[] settings = ["GitHub:Token=ghp_s3cret", $"GitHub:BaseUrl={server.Address}"];
        string id;
        await using (var sekia = await RunningSekia.StartAsync(root, settings))
        {
            using var answer = await sekia.Client.PostAsync("/api/v1/commands", System.Net.Http.Json.JsonContent.Create(s_command));
            id = (string)System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
            await Eventually.HoldsAsync(() => thread.Bodies.Count == 1);
            sekia.Kill();
        }

        await using var again = await RunningSekia.StartAsync(root, settings);
        var command = await Eventually.GetAsync(
            async () => await again.GetAsync($"/api/v1/commands/{id}") is var now && (string?)now["status"] == "succeeded" ? now : null, () => id);

        Assert.Equal($"Thanks!\n\n<!-- sekia:{id} -->", Assert.Single(thread.Bodies));
        Assert.Equal((2, 1), ((int)command["attempts"]!, (int)command["result"]!["comment_id"]!));
        Assert.DoesNotContain("ghp_s3cret", again.Output + root.Log(), StringComparison.Ordinal);
    }

    private static AgentHost Start(RecordingServer server, TestClock clock, params (string Key, string Value)[] more)
    {
        var settings = new Dictionary<string, string> { ["GitHub:Token"] = GitHubHarness.Token, ["GitHub:BaseUrl"] = server.Address };
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        return AgentHost.Start([], clock: clock, settings: settings);
    }

    private static async Task<string> SendAsync(AgentHost host)
    {
        var (status, body) = await host.PostAsync("/api/v1/commands", s_command);
        Assert.Equal(HttpStatusCode.Accepted, status);
        return (string)body["id"]!;
    }
}
