using System.Net;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class CommandDecisionTests
{
    private readonly TestAgent _agent = new() { OnCall = (_, _) => throw new CommandFailedException("No.") };
    private int _retried;

    [Fact]
    public async Task A_dead_letter_that_is_retried_is_carried_out_as_if_it_were_new()
    {
        await using var host = AgentHost.Start(_agent);
        var id = await host.SendAsync("say", "please");
        await host.WaitAsync(id, "failed");
        _agent.OnCall = (call, _) => Task.FromResult(call.Text);

        var (status, decided) = await host.PostAsync($"/api/v1/commands/{id}/retry");
        var command = await host.WaitAsync(id, "succeeded");

        Assert.Equal((HttpStatusCode.OK, "pending", 0), (status, (string)decided["status"]!, (int)decided["attempts"]!));
        Assert.Equal(("please", 1), ((string)command["result"]!, (int)command["attempts"]!));
        Assert.Null(command["reason"]);
        Assert.Equal((0L, 1L), await host.SumsAsync() is var sums ? (sums["failed"], sums["succeeded"]) : default);
    }

    [Fact]
    public async Task A_dead_letter_that_is_dismissed_keeps_its_reason_and_is_not_sent_again()
    {
        await using var host = AgentHost.Start(_agent);
        var id = await host.SendAsync("say");
        await host.WaitAsync(id, "failed");

        var (status, decided) = await host.PostAsync($"/api/v1/commands/{id}/dismiss");

        Assert.Equal((HttpStatusCode.OK, "failed", "No."), (status, (string)decided["status"]!, (string)decided["reason"]!));
        Assert.NotNull(decided["dismissed_at"]);
        Assert.Empty((await host.GetAsync("/api/v1/commands?status=failed"))["commands"]!.AsArray());
        Assert.Equal(1, (await host.SumsAsync())["failed"]);
        await AssertConflictAsync(host, $"{id}/dismiss", $"Command {id} has been dismissed already.");
        await AssertConflictAsync(host, $"{id}/retry", $"Command {id} has been dismissed already.");
    }

    [Theory]
    [InlineData("retry", "retried")]
    [InlineData("dismiss", "dismissed")]
    public async Task Only_a_dead_letter_or_one_that_waits_for_its_next_attempt_can_be_decided_about(string verb, string done)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _agent.OnCall = async (call, token) =>
        {
            await release.Task.WaitAsync(token);
            return call.Text;
        };
        await using var host = AgentHost.Start(_agent);
        var running = await host.SendAsync("say");
        var pending = await host.SendAsync("say");
        await host.WaitAsync(running, "running");

        await AssertConflictAsync(host, $"{running}/{verb}", $"Command {running} is running; only a failed or uncertain one, or one that waits for its next attempt, can be {done}.");
        await AssertConflictAsync(host, $"{pending}/{verb}", $"Command {pending} is pending; only a failed or uncertain one, or one that waits for its next attempt, can be {done}.");
        release.SetResult();
        await host.WaitAsync(pending, "succeeded");
        await AssertConflictAsync(host, $"{pending}/{verb}", $"Command {pending} is succeeded; only a failed or uncertain one, or one that waits for its next attempt, can be {done}.");
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("dismiss")]
    public async Task A_command_that_does_not_exist_cannot_be_decided_about(string verb)
    {
        await using var host = AgentHost.Start(_agent);
        var known = await host.SendAsync("say");
        await host.WaitAsync(known, "failed");

        // The last: a true number in an id that is not this journal's.
        foreach (var id in (string[])["nonsense", "evt_" + known[4..], "cmd_00000000-0000-8000-8000-000000000001", known[..^1] + "7", "cmd_00000000" + known[12..]])
        {
            var (status, problem) = await host.PostAsync($"/api/v1/commands/{id}/{verb}");

            Assert.Equal(HttpStatusCode.NotFound, status);
            Assert.StartsWith($"There is no command '{id}'.", (string)problem["detail"]!, StringComparison.Ordinal);
        }

        Assert.Equal("failed", (string)(await host.CommandAsync(known))["status"]!);
    }

    [Theory]
    [InlineData("put")]
    [InlineData("say")]
    public async Task A_command_that_waits_for_its_next_attempt_can_be_dismissed_and_the_next_one_begins(string name)
    {
        _agent.OnCall = (call, _) => call.Text == "first" ? throw new RetryAfterException(TimeSpan.FromHours(9), "wait 9 hours") : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent);
        using var announcements = host.Get<EventBus>().Subscribe(SubjectPattern.Parse("sekia.events.sekia"));
        var first = await host.SendAsync(name, "first");
        await host.WaitForPauseAsync(first, attempts: 1);
        var second = await host.SendAsync(name, "second");

        var decided = await Eventually.GetAsync(
            async () => await host.PostAsync($"/api/v1/commands/{first}/dismiss") is (HttpStatusCode.OK, var body) ? body : null, () => "dismissed");
        await host.WaitAsync(second, "succeeded");

        Assert.Equal(("failed", "dismissed before another attempt"), ((string)decided["status"]!, (string)decided["reason"]!));
        Assert.All(["ended_at", "dismissed_at"], field => Assert.NotNull(decided[field]));
        Assert.Null(decided["next_attempt_at"]);
        Assert.Equal(["first", "second"], _agent.Calls.Select(call => call.Text));
        Assert.Equal((1L, 1L, 0L), await host.SumsAsync() is var sums ? (sums["failed"], sums["succeeded"], sums["pending"]) : default);
        await AssertConflictAsync(host, $"{first}/retry", $"Command {first} has been dismissed already.");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var message in announcements.ReadAllAsync(limit.Token))
        {
            Assert.Equal("command.failed", message.Event!.Type);
            break;
        }
    }

    [Fact]
    public async Task A_command_for_an_agent_that_is_not_there_says_why_it_waits_and_is_counted()
    {
        const string Reason = "It waits, for there is no agent 'tset-agent'; the agents are github-agent, http-agent, test-agent, webhook-agent. Set one up under this name and start Sekia anew, or dismiss the command.";
        await using var host = AgentHost.Start(_agent);
        var accepted = await AddForNobodyAsync(host);
        await host.WaitAsync(await host.SendAsync("say"), "failed");

        Assert.Equal(("pending", Reason), await host.CommandAsync(accepted.Id) is var shown ? ((string)shown["status"]!, (string)shown["reason"]!) : default);
        Assert.Equal(Reason, (string)(await host.GetAsync("/api/v1/commands?status=pending"))["commands"]!.AsArray().Single()!["reason"]!);
        Assert.Equal(1, await WithoutAgentAsync(host));
        await host.PostAsync($"/api/v1/commands/{accepted.Id}/dismiss");

        Assert.Equal(0, await WithoutAgentAsync(host));
    }

    [Fact]
    public async Task A_command_for_an_agent_that_is_not_there_can_be_dismissed()
    {
        await using var host = AgentHost.Start(_agent);
        var accepted = await AddForNobodyAsync(host);

        var (status, decided) = await host.PostAsync($"/api/v1/commands/{accepted.Id}/dismiss");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(("failed", "dismissed, for there is no agent 'tset-agent'"), ((string)decided["status"]!, (string)decided["reason"]!));
        Assert.NotNull(decided["dismissed_at"]);
        Assert.Equal((1L, 0L), await host.SumsAsync() is var sums ? (sums["failed"], sums["pending"]) : default);
        await AssertConflictAsync(host, $"{accepted.Id}/dismiss", $"Command {accepted.Id} has been dismissed already.");
    }

    [Theory]
    [InlineData("look")]
    [InlineData("say")]
    public async Task A_command_that_waits_for_its_next_attempt_can_be_retried_at_once(string name)
    {
        _agent.OnCall = (call, _) => _agent.Calls.Count == 1 ? throw new RetryAfterException(TimeSpan.FromHours(9), "wait 9 hours") : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent);
        var id = await host.SendAsync(name);
        await host.WaitForPauseAsync(id, attempts: 1);

        await Eventually.GetAsync(
            async () => await host.PostAsync($"/api/v1/commands/{id}/retry") is (HttpStatusCode.OK, var body) ? body : null, () => "retried");
        var command = await host.WaitAsync(id, "succeeded");

        Assert.Equal(2, (int)command["attempts"]!);
        Assert.Equal(2, _agent.Calls.Count);
    }

    [Fact]
    public async Task A_decision_and_a_beginning_attempt_never_both_happen()
    {
        _agent.OnCall = (_, _) => throw new RetryAfterException(TimeSpan.FromMilliseconds(1), "wait");
        await using var host = AgentHost.Start(_agent, new AgentOptions { MaxAttempts = int.MaxValue });
        var dispatcher = host.Get<CommandDispatcher>();
        for (var round = 0; round < 50; round++)
        {
            var id = await host.SendAsync(round % 2 == 0 ? "look" : "say", $"{round}");
            var seq = (long)(await host.CommandAsync(id))["seq"]!;
            var refused = true;
            while (refused)
            {
                await dispatcher.RetryAsync(seq, CancellationToken.None);
                refused = (await dispatcher.DismissAsync(seq, 1, CancellationToken.None)).Refusal is not null;
            }

            var calls = _agent.Calls.Count;
            var command = await host.CommandAsync(id);
            Assert.Equal(("failed", calls), ((string)command["status"]!, _agent.Calls.Count));
            Assert.Equal((int)command["attempts"]!, _agent.Calls.Count(call => call.Text == $"{round}"));
        }
    }

    [Fact]
    public async Task Dead_letters_that_are_retried_one_after_the_other_behind_others_are_all_carried_out()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = AgentHost.Start(_agent);
        string[] ids = [await host.SendAsync("say", "a"), await host.SendAsync("say", "b")];
        await host.WaitAsync(ids[0], "failed");
        await host.WaitAsync(ids[1], "failed");
        _agent.OnCall = async (call, token) =>
        {
            await release.Task.WaitAsync(token);
            return call.Text;
        };
        var busy = await host.SendAsync("say", "busy");
        await host.WaitAsync(busy, "running");

        // The second one waits for the busy agent's place with nothing behind it, and the dead letters behind that.
        var next = await host.SendAsync("say", "next");
        await host.PostAsync($"/api/v1/commands/{ids[0]}/retry");
        await host.PostAsync($"/api/v1/commands/{ids[1]}/retry");
        release.SetResult();

        foreach (var id in (string[])[busy, next, .. ids])
        {
            await host.WaitAsync(id, "succeeded");
        }

        Assert.Equal(6, _agent.Calls.Count);
    }

    [Fact]
    public async Task Retried_by_many_at_once_it_is_carried_out_once()
    {
        await using var host = AgentHost.Start(_agent);
        var id = await host.SendAsync("say");
        for (var round = 1; round <= 20; round++)
        {
            await host.WaitAsync(id, "failed");

            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.PostAsync($"/api/v1/commands/{id}/retry")));

            // A second retry may come after the failure of the first one, and then it is one of its own.
            var accepted = answers.Count(answer => answer.Status == HttpStatusCode.OK);
            Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Conflict));
            Assert.True(accepted >= 1);
            _retried += accepted;
        }

        await host.WaitAsync(id, "failed");
        Assert.Equal(1 + _retried, _agent.Calls.Count);
    }

    [Fact]
    public async Task Retried_in_the_moment_it_is_announced_it_is_not_forgotten()
    {
        await using var host = AgentHost.Start(_agent);
        using var announcements = host.Get<EventBus>().Subscribe(SubjectPattern.Parse("sekia.events.sekia"));
        var dispatcher = host.Get<CommandDispatcher>();
        await host.SendAsync("say");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        var rounds = 0;
        await foreach (var message in announcements.ReadAllAsync(limit.Token))
        {
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            if (++rounds == 500)
            {
                break;
            }

            Assert.Null((await dispatcher.RetryAsync(message.Event!.Cause.Command!.Value, limit.Token)).Refusal);
        }

        Assert.Equal(500, _agent.Calls.Count);
    }

    private static Task<Accepted> AddForNobodyAsync(AgentHost host) => host.Get<EventJournal>().AddCommandAsync(
        new Command { Agent = "tset-agent", Name = "say", Source = "workflow:typo", Payload = "{}"u8.ToArray() }, CancellationToken.None);

    private static async Task<long> WithoutAgentAsync(AgentHost host) => (long)(await host.GetAsync("/api/v1/status"))["attention"]!["commands_without_agent"]!;

    private static async Task AssertConflictAsync(AgentHost host, string decision, string expected)
    {
        var (status, problem) = await host.PostAsync($"/api/v1/commands/{decision}");

        Assert.Equal((HttpStatusCode.Conflict, expected), (status, (string)problem["detail"]!));
    }
}
