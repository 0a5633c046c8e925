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
