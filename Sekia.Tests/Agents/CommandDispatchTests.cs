using System.Net;
using System.Text.Json.Nodes;
using Sekia.Modules.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class CommandDispatchTests
{
    [Fact]
    public async Task A_command_is_carried_out_and_recorded_with_its_answer()
    {
        var clock = new TestClock();
        var agent = new TestAgent(clock)
        {
            OnCall = (call, _) =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(250));
                return Task.FromResult($"said {call.Text}");
            },
        };
        await using var host = AgentHost.Start(agent, clock: clock);
        var began = clock.GetUtcNow().ToUnixTimeMilliseconds();

        var command = await host.WaitAsync(await host.SendAsync("say", "hello"), "succeeded");

        Assert.Equal("said hello", (string)command["result"]!);
        Assert.Equal("""{"text":"hello"}""", command["payload"]!.ToJsonString());
        Assert.Equal(("test-agent", "say", "api", 1, 0), ((string)command["agent"]!, (string)command["command"]!, (string)command["source"]!, (int)command["attempts"]!, (int)command["depth"]!));
        Assert.Equal((began, began, began + 250), ((long)command["accepted_at"]!, (long)command["started_at"]!, (long)command["ended_at"]!));
        Assert.All(["reason", "next_attempt_at", "dismissed_at", "cause"], field => Assert.Null(command[field]));
        Assert.Equal(new AgentCall("say", "hello", clock.GetUtcNow() - TimeSpan.FromMilliseconds(250)), Assert.Single(agent.Calls));
    }

    [Fact]
    public async Task What_was_carried_out_is_counted()
    {
        var agent = new TestAgent { OnCall = (call, _) => call.Text == "no" ? throw new CommandFailedException("The service said no.") : Task.FromResult("yes") };
        await using var host = AgentHost.Start(agent);

        await host.WaitAsync(await host.SendAsync("say", "yes"), "succeeded");
        await host.WaitAsync(await host.SendAsync("say", "no"), "failed");

        var shown = await host.AgentAsync();
        Assert.Equal((1, 1, 0), ((int)shown["commands_processed"]!, (int)shown["errors"]!, (int)shown["events_processed"]!));
        Assert.Equal((1L, 1L, 0L), await host.SumsAsync() is var sums ? (sums["succeeded"], sums["failed"], sums["pending"]) : default);
    }

    [Theory]
    [InlineData("nobody", "say", """{"text":"x"}""", "there is no agent 'nobody'; the agents are github-agent, http-agent, test-agent")]
    [InlineData("test-agent", "sing", """{"text":"x"}""", "'test-agent' has no command 'sing'; it has look, put, say")]
    [InlineData("webhook-agent", "say", "{}", "webhook-agent")]
    [InlineData("test-agent", "say", """{"txt":"x"}""", "'txt'")]
    [InlineData("test-agent", "say", "{}", "'text'")]
    [InlineData("test-agent", "say", """{"text":1}""", "'text'")]
    [InlineData("test-agent", "say", """{"text":"x","volume":"loud"}""", "'volume'")]
    public async Task A_command_that_does_not_fit_is_refused_in_a_sentence(string agent, string command, string payload, string expected)
    {
        var outside = new TestAgent();
        await using var host = AgentHost.Start(outside);

        var (status, problem) = await host.PostAsync("/api/v1/commands", new { agent, command, payload = System.Text.Json.Nodes.JsonNode.Parse(payload) });

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(expected, (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.All(await host.SumsAsync(), sum => Assert.Equal(0, sum.Value));
        Assert.Empty(outside.Calls);
    }

    [Theory]
    [InlineData("key", "", "key must not be empty")]
    [InlineData("key", "a\0", "key has a control character")]
    [InlineData("source", "", "source must not be empty")]
    [InlineData("source", "a\nb", "source has a control character")]
    public async Task A_name_that_no_event_may_have_is_refused_for_a_command_too(string field, string value, string expected)
    {
        await using var host = AgentHost.Start(new TestAgent());
        var command = new JsonObject { ["agent"] = "test-agent", ["command"] = "say", ["payload"] = new JsonObject { ["text"] = "x" }, [field] = value };

        var (status, problem) = await host.PostAsync("/api/v1/commands", command);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(expected, (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.All(await host.SumsAsync(), sum => Assert.Equal(0, sum.Value));
    }

    [Fact]
    public async Task A_key_has_a_longest_length()
    {
        await using var host = AgentHost.Start(new TestAgent());

        var (atLimit, _) = await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { text = "x" }, key = new string('k', 512) });
        var (beyond, problem) = await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { text = "x" }, key = new string('k', 513) });

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.BadRequest), (atLimit, beyond));
        Assert.Contains("key has at most 512 characters, this one has 513", (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_may_have_as_many_bytes_as_set_and_not_one_more()
    {
        await using var host = AgentHost.Start(new TestAgent(), settings: new Dictionary<string, string> { ["Journal:MaxPayloadBytes"] = "2048" });
        var most = 2048 - """{"text":""}""".Length;

        await host.WaitAsync(await host.SendAsync("say", new string('x', most)), "succeeded");
        var (status, problem) = await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { text = new string('x', most + 1) } });

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Contains("payload is 2,049 bytes; the limit is 2,048", (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_key_twice_from_one_source_is_carried_out_once()
    {
        var agent = new TestAgent();
        await using var host = AgentHost.Start(agent);
        object command = new { agent = "test-agent", command = "say", payload = new { text = "once" }, key = "k1" };

        var (_, first) = await host.PostAsync("/api/v1/commands", command);
        var (status, second) = await host.PostAsync("/api/v1/commands", command);
        await host.WaitAsync((string)first["id"]!, "succeeded");
        await host.WaitAsync(await host.SendAsync("say", "after"), "succeeded");

        Assert.Equal((HttpStatusCode.Accepted, (string)first["id"]!, true), (status, (string)second["id"]!, (bool)second["duplicate"]!));
        Assert.Equal(["once", "after"], agent.Calls.Select(call => call.Text));
    }

    [Fact]
    public async Task One_at_a_time_commands_reach_the_agent_in_order_and_never_together()
    {
        var (now, most) = (0, 0);
        var agent = new TestAgent
        {
            OnCall = async (call, _) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref now));
                await Task.Yield();
                Interlocked.Decrement(ref now);
                return call.Text;
            },
        };
        await using var host = AgentHost.Start(agent);
        string[] expected = [.. Enumerable.Range(0, 300).Select(i => $"{i}")];

        foreach (var text in expected)
        {
            await host.SendAsync(int.Parse(text) % 2 == 0 ? "say" : "put", text);
        }

        await Eventually.HoldsAsync(() => agent.Calls.Count == expected.Length);
        Assert.Equal(expected, agent.Calls.Select(call => call.Text));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Commands_that_only_read_do_not_wait_for_each_other_nor_hold_up_the_rest()
    {
        var release = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var agent = new TestAgent { OnCall = (call, token) => call.Command == "look" ? release.Task.WaitAsync(token) : Task.FromResult(call.Text) };
        await using var host = AgentHost.Start(agent);
        for (var i = 0; i < 20; i++)
        {
            await host.SendAsync("look", $"{i}");
        }

        await host.WaitAsync(await host.SendAsync("say", "not held up"), "succeeded");
        await Eventually.HoldsAsync(() => agent.Calls.Count == 21);
        release.SetResult("seen");
        await Eventually.GetAsync(async () => (await host.SumsAsync())["succeeded"] == 21 ? host : null, () => "all have succeeded");
    }

    [Fact]
    public async Task As_many_commands_as_allowed_are_with_the_agent_at_the_same_time()
    {
        var now = 0;
        var together = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var agent = new TestAgent
        {
            OnCall = async (call, token) =>
            {
                if (Interlocked.Increment(ref now) == 3)
                {
                    together.SetResult();
                }

                await together.Task.WaitAsync(token);
                return call.Text;
            },
        };
        await using var host = AgentHost.Start(agent, new AgentOptions { Concurrency = 3 });

        string[] ids = [await host.SendAsync("say"), await host.SendAsync("say"), await host.SendAsync("say"), await host.SendAsync("say")];

        foreach (var id in ids)
        {
            await host.WaitAsync(id, "succeeded");
        }
    }

    [Fact]
    public async Task An_agent_that_keeps_the_thread_does_not_hold_up_another()
    {
        using var release = new ManualResetEventSlim();
        var stuck = new TestAgent
        {
            Name = "stuck-agent",
            OnCall = (call, token) =>
            {
                release.Wait(token);
                return Task.FromResult(call.Text);
            },
        };
        await using var host = AgentHost.Start([stuck, new TestAgent()]);

        var held = await host.SendAsync("look", agent: "stuck-agent");
        await host.WaitAsync(await host.SendAsync("look"), "succeeded");

        release.Set();
        await host.WaitAsync(held, "succeeded");
    }

    [Theory]
    [InlineData("put")]
    [InlineData("say")]
    public async Task The_list_of_a_status_has_those_that_are_shown_with_it(string name)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var agent = new TestAgent
        {
            OnCall = async (call, token) =>
            {
                await release.Task.WaitAsync(token);
                return call.Text;
            },
        };
        await using var host = AgentHost.Start(agent);
        var running = await host.SendAsync(name);
        var pending = await host.SendAsync(name);
        await host.WaitAsync(running, "running");

        Assert.Equal([running], await IdsAsync(host, "running"));
        Assert.Equal([pending], await IdsAsync(host, "pending"));
        release.SetResult();
        await host.WaitAsync(pending, "succeeded");
        Assert.Equal([pending, running], await IdsAsync(host, "succeeded"));
        Assert.Empty(await IdsAsync(host, "running"));
        Assert.Empty(await IdsAsync(host, "pending"));
    }

    [Fact]
    public async Task A_long_answer_is_not_recorded_but_that_there_was_one_is()
    {
        var agent = new TestAgent { OnCall = (_, _) => Task.FromResult(new string('x', 1 << 20)) };
        await using var host = AgentHost.Start(agent);

        var command = await host.WaitAsync(await host.SendAsync("look"), "succeeded");

        Assert.Null(command["result"]);
        Assert.Equal("The answer of 1048578 bytes is not recorded; the limit is 1048576.", (string)command["reason"]!);
    }

    private static async Task<string[]> IdsAsync(AgentHost host, string status) =>
        [.. (await host.GetAsync($"/api/v1/commands?status={status}"))["commands"]!.AsArray().Select(command => (string)command!["id"]!)];
}
