using System.Net;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;

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
    public async Task Only_a_dead_letter_can_be_decided_about(string verb, string done)
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

        await AssertConflictAsync(host, $"{running}/{verb}", $"Command {running} is running; only a failed or uncertain one can be {done}.");
        await AssertConflictAsync(host, $"{pending}/{verb}", $"Command {pending} is pending; only a failed or uncertain one can be {done}.");
        release.SetResult();
        await host.WaitAsync(pending, "succeeded");
        await AssertConflictAsync(host, $"{pending}/{verb}", $"Command {pending} is succeeded; only a failed or uncertain one can be {done}.");
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
            if (++rounds == 500)
            {
                break;
            }

            Assert.Null((await dispatcher.RetryAsync(message.Event!.Cause.Command!.Value, limit.Token)).Refusal);
        }

        Assert.Equal(500, _agent.Calls.Count);
    }

    private static async Task AssertConflictAsync(AgentHost host, string decision, string expected)
    {
        var (status, problem) = await host.PostAsync($"/api/v1/commands/{decision}");

        Assert.Equal((HttpStatusCode.Conflict, expected), (status, (string)problem["detail"]!));
    }
}
