using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>What workflows remember, and what they may ask of agents.</summary>
public sealed class StateAndCommandTests
{
    [Fact]
    public async Task A_workflow_keeps_no_more_than_it_may_and_what_it_replaces_counts_once()
    {
        await using var host = EngineHost.Start(
            """
            local large = string.rep("x", 250000)
            sekia.on("sekia.events.test", function(event)
              for i = 1, event.payload.keys do sekia.state.set("key" .. i, large) end
              sekia.state.set("done", event.payload.keys)
            end)
            """);

        await host.HandleAsync(payload: new { keys = 60 });
        await host.HandleAsync(payload: new { keys = 60 });
        await host.HandleAsync(payload: new { keys = 70 });

        Assert.Equal("60", host.State("done"));
        var failure = Assert.Single(await host.FailuresAsync());
        Assert.Equal("flow.lua:3: a workflow keeps at most 16777216 bytes under sekia.state; delete keys that are not needed any more", (string)failure["reason"]!);
    }

    [Fact]
    public async Task What_a_run_asks_for_has_a_bound_in_bytes()
    {
        await using var host = EngineHost.Start(
            """
            sekia.on("sekia.events.test", function()
              local large = string.rep("x", 900000)
              for i = 1, 100 do sekia.publish("sekia.events.out", "out.made", { text = large }) end
            end)
            """);

        await host.HandleAsync();

        Assert.StartsWith("flow.lua:3: the effects of a run may have 67108864 bytes together", (string)Assert.Single(await host.FailuresAsync())["reason"]!, StringComparison.Ordinal);
        Assert.Empty(await host.EventsAsync("out.made"));
    }

    [Fact]
    public async Task A_line_of_the_log_is_cut_where_nobody_reads_on()
    {
        await using var host = EngineHost.Start("""sekia.on("sekia.events.test", function() print(string.rep("x", 1e6)) end)""");

        await host.HandleAsync();

        var log = (string)Assert.Single(await host.RunsAsync())["log"]![0]!;
        Assert.Contains("x… (1000000 characters)", log, StringComparison.Ordinal);
        Assert.InRange(log.Length, 8_000, 9_000);
    }

    [Fact]
    public async Task State_is_read_written_deleted_and_listed_within_a_run()
    {
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.test", function()
              sekia.state.set("b", { 1, 2 })
              sekia.state.set("a", { x = 1.5, y = sekia.array() })
              sekia.state.set("gone", true)
              sekia.state.delete("gone")
              sekia.state.set("keys", sekia.state.keys())
              sekia.state.set("read", { sekia.state.get("a").x, sekia.state.get("gone") == nil })
            end)
            """);

        await host.HandleAsync();

        Assert.Equal("""["a","b"]""", host.State("keys"));
        Assert.Equal("[1.5,true]", host.State("read"));
        Assert.Equal("[1,2]", host.State("b"));
        Assert.Contains("\"y\":[]", host.State("a"), StringComparison.Ordinal);
        Assert.Null(host.State("gone"));
    }

    [Fact]
    public async Task State_of_a_failed_run_is_not_seen_by_the_next_and_deletes_last()
    {
        using var folder = new TemporaryFolder();
        const string Flow = """
            sekia.on("sekia.events.test", function(event)
              if event.type == "set" then sekia.state.set("k", 1) end
              if event.type == "fail" then sekia.state.set("k", 2) sekia.state.delete("other") error("x") end
              if event.type == "delete" then sekia.state.delete("k") end
              sekia.state.set("seen", tostring(sekia.state.get("k")))
            end)
            """;
        await using (var host = EngineHost.Start(Flow, settings: EngineHost.DurableIn(folder)))
        {
            await host.HandleAsync("set");
            await host.HandleAsync("fail");
            await host.HandleAsync("look");
            Assert.Equal(("\"1\"", "1"), (host.State("seen"), host.State("k")));
            await host.HandleAsync("delete");
        }

        await using var again = EngineHost.Start(Flow, settings: EngineHost.DurableIn(folder));
        await Eventually.HoldsAsync(() => again.State("seen") == "\"nil\"");
        Assert.Null(again.State("k"));
    }

    [Theory]
    [InlineData("""sekia.command("test-agent", "say", { text = "x", volume = "loud" })""", "volume")]
    [InlineData("""sekia.command("test-agent", "say", {})""", "text")]
    [InlineData("""sekia.command("test-agent", "say", { text = "x", tone = 1 })""", "tone")]
    [InlineData("""sekia.command("test-agent", "shout", {})""", "shout")]
    [InlineData("""sekia.command("test-agent")""", "command is missing")]
    [InlineData("""sekia.command({}, "say")""", "agent must be a string, not a table")]
    [InlineData("""sekia.command("test-agent", "say", { text = print })""", "payload.text")]
    [InlineData("""sekia.command("nobody", "say", { text = ("x"):rep(2 * 1024 * 1024) })""", "Journal:MaxPayloadBytes")]
    [InlineData("""sekia.publish("sekia.events.*", "t", {})""", "wildcard")]
    [InlineData("""sekia.publish("sekia.commands.x", "t", {})""", "carries commands")]
    [InlineData("""sekia.publish("sekia.workflows.flow", "workflow.run.retried", { number = 1 })""", "sekia.workflows.flow")]
    [InlineData("""sekia.publish("sekia.events.x", "", {})""", "type must not be empty")]
    [InlineData("""sekia.publish("sekia.events.x", "a\nb", {})""", "type has a control character")]
    [InlineData("""sekia.publish("sekia.events.x", "t", { text = ("x"):rep(2 * 1024 * 1024) })""", "Journal:MaxPayloadBytes")]
    [InlineData("""sekia.state.set("", 1)""", "a key has 1 to 255 characters")]
    [InlineData("""sekia.state.set("k")""", "value is missing")]
    [InlineData("""sekia.state.set("k", ("x"):rep(300 * 1024))""", "at most 262144")]
    [InlineData("""sekia.on("sekia.events.x", print)""", "top level")]
    public async Task A_wrong_argument_is_raised_at_its_line(string call, string reason)
    {
        await using var host = EngineHost.Start($"sekia.on(\"sekia.events.test\", function()\n  {call}\nend)");

        await host.HandleAsync();

        var failure = Assert.Single(await host.FailuresAsync());
        Assert.StartsWith("flow.lua:2: ", (string?)failure["reason"], StringComparison.Ordinal);
        Assert.Contains(reason, (string?)failure["reason"], StringComparison.Ordinal);
        Assert.Empty(await host.CommandsAsync());
    }

    [Fact]
    public async Task A_command_for_an_agent_that_is_not_there_waits_and_is_warned_of()
    {
        await using var host = EngineHost.Start("""sekia.on("sekia.events.test", function() sekia.command("later-agent", "say", { text = "x" }) end)""");

        await host.HandleAsync();

        var command = Assert.Single(await host.CommandsAsync());
        Assert.Equal(("pending", "workflow:flow", 1), ((string)command["status"]!, (string)command["source"]!, (int?)command["depth"] ?? 1));
        await Eventually.HoldsAsync(() => host.Log.Contains("there is no such agent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_command_goes_to_its_agent_with_its_cause()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start("""sekia.on("sekia.events.test", function() sekia.command("test-agent", "say", { text = "x", volume = 2.0 }) end)""", agent);

        var id = await host.HandleAsync();

        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);
        var why = await host.GetAsync($"/api/v1/events/{id}/why");
        var flow = why["workflows"]!.AsArray().Single(one => (string)one!["workflow"]! == "flow")!;
        Assert.Equal("test-agent", (string?)flow["runs"]![0]!["commands"]![0]!["agent"]);
    }
}
