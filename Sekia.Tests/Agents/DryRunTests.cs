using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class DryRunTests
{
    [Fact]
    public async Task An_agent_in_dry_run_sends_nothing_and_says_so()
    {
        var agent = new TestAgent();
        await using var host = AgentHost.Start(agent, new AgentOptions { DryRun = true });

        await AssertNotSentAsync(host, agent, "DryRun is on for test-agent");
    }

    [Fact]
    public async Task Dry_run_for_all_holds_for_each()
    {
        var agent = new TestAgent();
        await using var host = AgentHost.Start(agent, settings: new Dictionary<string, string> { ["Agents:DryRun"] = "true" });

        await AssertNotSentAsync(host, agent, "Agents:DryRun is on for all agents");
        Assert.True((bool)(await host.AgentAsync("http-agent"))["dry_run"]!);
    }

    [Fact]
    public async Task An_agent_without_credentials_is_in_dry_run_until_it_has_them()
    {
        var agent = new TestAgent { CannotSend = "TEST_TOKEN is not set" };
        await using var host = AgentHost.Start(agent);

        await AssertNotSentAsync(host, agent, "TEST_TOKEN is not set");

        agent.CannotSend = null;
        await host.WaitAsync(await host.SendAsync("say"), "succeeded");
        Assert.Null((await host.AgentAsync())["dry_run_reason"]);
    }

    [Fact]
    public async Task Arguments_are_checked_in_dry_run_too()
    {
        await using var host = AgentHost.Start(new TestAgent(), new AgentOptions { DryRun = true });

        var (status, _) = await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { } });

        Assert.Equal(System.Net.HttpStatusCode.BadRequest, status);
    }

    [Fact]
    public async Task A_reload_switches_dry_run_on_and_off()
    {
        var agent = new TestAgent();
        await using var host = AgentHost.Start(agent);
        await host.WaitAsync(await host.SendAsync("say", "one"), "succeeded");

        await ReloadAsync(host, """{ "Agents": { "DryRun": true } }""", "Agents:DryRun is on for all agents");
        await host.WaitAsync(await host.SendAsync("say", "two"), "dry_run");
        await ReloadAsync(host, "{}", null);
        await host.WaitAsync(await host.SendAsync("say", "three"), "succeeded");

        Assert.Equal(["one", "three"], agent.Calls.Select(call => call.Text));
    }

    [Fact]
    public async Task Dry_run_is_switched_by_hand_over_the_settings_and_back_to_them()
    {
        var agent = new TestAgent();
        await using var host = AgentHost.Start(agent, new AgentOptions { DryRun = true });
        Assert.Null((await host.AgentAsync())["dry_run_switched"]);

        var off = await SwitchAsync(host, false);
        await host.WaitAsync(await host.SendAsync("say", "one"), "succeeded");
        Assert.Equal((false, false, (string?)null), ((bool)off["dry_run"]!, (bool)off["dry_run_switched"]!, (string?)off["dry_run_reason"]));
        await SwitchAsync(host, true);
        var dry = await host.WaitAsync(await host.SendAsync("say", "two"), "dry_run");
        Assert.Equal("Not sent: dry run was switched on for test-agent.", (string)dry["reason"]!);
        await SwitchAsync(host, null);
        Assert.Equal("Not sent: DryRun is on for test-agent.", (string)(await host.WaitAsync(await host.SendAsync("say", "three"), "dry_run"))["reason"]!);

        Assert.Equal(["one"], agent.Calls.Select(call => call.Text));
    }

    [Fact]
    public async Task Dry_run_for_all_and_missing_credentials_win_over_the_switch()
    {
        var agent = new TestAgent { CannotSend = "TEST_TOKEN is not set" };
        await using var host = AgentHost.Start(agent);

        Assert.Equal("TEST_TOKEN is not set", (string)(await SwitchAsync(host, false))["dry_run_reason"]!);
        agent.CannotSend = null;
        await ReloadAsync(host, """{ "Agents": { "DryRun": true } }""", "Agents:DryRun is on for all agents");
        await host.WaitAsync(await host.SendAsync("say"), "dry_run");

        Assert.Empty(agent.Calls);
    }

    [Fact]
    public async Task The_switch_holds_over_a_restart()
    {
        using var folder = new TemporaryFolder();
        await using (var first = AgentHost.Start(new TestAgent(), settings: AgentHost.DurableIn(folder)))
        {
            await SwitchAsync(first, true);
        }

        var agent = new TestAgent();
        await using var second = AgentHost.Start(agent, settings: AgentHost.DurableIn(folder));

        await second.WaitAsync(await second.SendAsync("say"), "dry_run");

        Assert.Empty(agent.Calls);
    }

    [Theory]
    [InlineData("look")]
    [InlineData("put")]
    [InlineData("say")]
    public async Task Once_the_switch_has_answered_nothing_is_sent_any_more(string command)
    {
        var agent = new TestAgent();
        await using var host = AgentHost.Start(agent, new AgentOptions { Concurrency = 4 });
        for (var round = 0; round < 10; round++)
        {
            await SwitchAsync(host, null);
            var begun = agent.Calls.Count;
            var flood = Task.WhenAll(Enumerable.Range(0, 60).Select(_ => host.SendAsync(command)));
            await Eventually.HoldsAsync(() => agent.Calls.Count > begun);

            await SwitchAsync(host, true);
            var sent = agent.Calls.Count;
            foreach (var id in await flood)
            {
                await Eventually.GetAsync(async () => (string)(await host.CommandAsync(id))["status"]! is "succeeded" or "dry_run" ? "" : null, () => id);
            }

            Assert.Equal(sent, agent.Calls.Count);
        }

        Assert.Equal(agent.Calls.Count, (await host.SumsAsync())["succeeded"]);
    }

    [Fact]
    public async Task A_command_whose_attempt_is_being_noted_when_the_switch_is_set_is_not_sent()
    {
        var agent = new TestAgent();
        await using var host = AgentHost.Start(agent);
        var entry = host.Get<AgentRegistry>().Find("test-agent")!;

        Assert.NotNull(entry.TrySendAsync(() => Task.FromResult(1), out _));
        await SwitchAsync(host, true);
        Assert.Null(entry.TrySendAsync(() => Task.FromResult(1), out var dry));

        Assert.Equal("dry run was switched on for test-agent", dry);
    }

    [Fact]
    public async Task An_agent_that_keeps_the_thread_does_not_keep_the_switch()
    {
        using var release = new ManualResetEventSlim();
        var agent = new TestAgent
        {
            OnCall = (_, _) =>
            {
                release.Wait(CancellationToken.None);
                return Task.FromResult("");
            },
        };
        await using var host = AgentHost.Start(agent);
        await host.SendAsync("say", "one");
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);

        await SwitchAsync(host, true);
        release.Set();
        await host.WaitAsync(await host.SendAsync("say", "two"), "dry_run");

        Assert.Single(agent.Calls);
    }

    [Theory]
    [InlineData("{}", "Field 'on' is missing. Send {\"on\": true}, {\"on\": false}, or {\"on\": null}, with which the settings count again.")]
    [InlineData("{\"on\": \"yes\"}", "Field 'on' must be true or false, not a string.")]
    public async Task A_switch_that_says_nothing_is_refused(string body, string detail)
    {
        await using var host = AgentHost.Start(new TestAgent());

        var (status, answer) = await host.PostAsync("/api/v1/agents/test-agent/dry-run", System.Text.Json.Nodes.JsonNode.Parse(body));
        var (unknown, _) = await host.PostAsync("/api/v1/agents/nobody/dry-run", new { on = true });

        Assert.Equal((System.Net.HttpStatusCode.BadRequest, detail), (status, (string)answer["detail"]!));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, unknown);
    }

    [Fact]
    public async Task One_command_can_be_sent_dry_and_the_next_not()
    {
        var agent = new TestAgent();
        await using var host = AgentHost.Start(agent);

        var (_, dry) = await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { text = "one" }, dry_run = true });
        var (_, live) = await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { text = "two" }, dry_run = false });
        var (refused, _) = await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { txt = "three" }, dry_run = true });
        await host.WaitAsync((string)live["id"]!, "succeeded");
        var command = await host.CommandAsync((string)dry["id"]!);

        Assert.Equal(("dry_run", "Not sent: a dry run was asked for.", 0), ((string)command["status"]!, (string)command["reason"]!, (int)command["attempts"]!));
        Assert.NotNull(command["ended_at"]);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, refused);
        Assert.Equal(["two"], agent.Calls.Select(call => call.Text));
        Assert.Equal(1, (await host.SumsAsync())["dry_run"]);
    }

    private static async Task<System.Text.Json.Nodes.JsonObject> SwitchAsync(AgentHost host, bool? on)
    {
        var (status, agent) = await host.PostAsync("/api/v1/agents/test-agent/dry-run", new { on });
        Assert.Equal(System.Net.HttpStatusCode.OK, status);
        return agent;
    }

    private static async Task ReloadAsync(AgentHost host, string settings, string? expected)
    {
        host.Root.Write("appsettings.json", settings);
        await host.PostAsync("/api/v1/config/reload");
        var registry = host.Get<AgentRegistry>();
        await Eventually.HoldsAsync(() => registry.Find("test-agent")!.DryRunBecause == expected);
    }

    private static async Task AssertNotSentAsync(AgentHost host, TestAgent agent, string reason)
    {
        var command = await host.WaitAsync(await host.SendAsync("say"), "dry_run");
        var shown = await host.AgentAsync();

        Assert.Equal((0, $"Not sent: {reason}."), ((int)command["attempts"]!, (string)command["reason"]!));
        Assert.Null(command["started_at"]);
        Assert.Equal((true, reason), ((bool)shown["dry_run"]!, (string)shown["dry_run_reason"]!));
        Assert.Contains($"dry run     test-agent: {reason}", host.Get<IEnumerable<IBannerSource>>().SelectMany(source => source.BannerLines()));
        Assert.Equal(1, (await host.SumsAsync())["dry_run"]);
        Assert.Empty(agent.Calls);
    }
}
