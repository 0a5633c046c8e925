using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>Which handlers run for an event, and what they see of it.</summary>
public sealed class HandlerTests
{
    [Fact]
    public async Task A_type_filter_is_applied_before_the_handler()
    {
        await using var host = EngineHost.Start("""
            local function count(key) return function() sekia.state.set(key, (sekia.state.get(key) or 0) + 1) end end
            sekia.on("sekia.events.*", { type = "issue.opened" }, count("one"))
            sekia.on("sekia.events.>", { type = { "issue.*", "note" } }, count("many"))
            """);

        foreach (var type in (string[])["issue.opened", "issue.closed", "issues", "note", "note.x"])
        {
            await host.HandleAsync(type);
        }

        Assert.Equal(("1", "3"), (host.State("one"), host.State("many")));
    }

    [Fact]
    public async Task Each_handler_is_a_run_of_its_own_and_a_failure_does_not_stop_the_next()
    {
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.test", function() sekia.state.set("a", 1) end)
            sekia.on("sekia.events.test", function() sekia.state.set("b", 1) error("middle") end)
            sekia.on("sekia.events.test", function() sekia.state.set("c", sekia.state.get("b") == nil) end)
            """);

        var id = await host.HandleAsync();

        Assert.Equal(("1", null, "true"), (host.State("a"), host.State("b"), host.State("c")));
        Assert.Equal([1, 2, 3], (await host.RunsAsync()).Select(run => (int)run["handler"]!).Order());
        Assert.Equal("failed", await host.OutcomeAsync(id));
        var view = await host.ViewAsync();
        Assert.Equal((1, 0, 1, 0), ((int)view["delivered"]!, (int)view["ok"]!, (int)view["failed"]!, (int)view["waiting"]!));
    }

    [Fact]
    public async Task What_a_workflow_publishes_comes_from_it_and_does_not_come_back_to_it()
    {
        await using var host = EngineHost.Start([
            ("flow", """sekia.on("sekia.events.>", function() sekia.publish("sekia.events.out", "out.made", { n = 1 }) end)"""),
            ("hearer", """sekia.on("sekia.events.out", function(event) sekia.state.set("source", event.source) end)""")]);

        await host.HandleAsync();
        await host.QuietAsync();

        var made = Assert.Single(await host.EventsAsync("out.made"));
        Assert.Equal(("workflow:flow", 1), ((string)made["source"]!, (int)made["depth"]!));
        Assert.Equal(1, (long)made["cause"]!["event"]!);
        Assert.Equal("\"workflow:flow\"", host.State("source", "hearer"));
        Assert.Equal("self_event", await host.OutcomeAsync((string)made["id"]!));
    }

    [Fact]
    public async Task Two_workflows_that_answer_each_other_are_stopped_at_depth_16()
    {
        const string Answer = """
            sekia.on("sekia.events.<from>", function(event)
              sekia.state.set("heard", (sekia.state.get("heard") or 0) + 1)
              sekia.publish("sekia.events.<to>", "ball", { n = (event.payload.n or 0) + 1 })
            end)
            """;
        await using var host = EngineHost.Start([
            ("ping", Answer.Replace("<from>", "pong", StringComparison.Ordinal).Replace("<to>", "ping", StringComparison.Ordinal)),
            ("pong", Answer.Replace("<from>", "ping", StringComparison.Ordinal).Replace("<to>", "pong", StringComparison.Ordinal))]);

        await host.PublishAsync("ball", source: "ping");
        var failure = await Eventually.GetAsync(async () => (await host.FailuresAsync()).SingleOrDefault(), () => "one failure");

        Assert.Contains("16th consequence", (string?)failure["reason"], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 17), (await host.EventsAsync("ball")).Select(evt => (int)evt["depth"]!).Order());

        // The seventeenth hearing is the one that failed: its state is not kept either.
        Assert.Equal(("8", "8"), (host.State("heard", "ping"), host.State("heard", "pong")));
        Assert.Contains("16th consequence", (string?)(await host.ViewAsync("pong"))["last_error"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_of_calls_that_hears_its_own_answers_is_stopped_too()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(
            """
            sekia.on("sekia.events.>", function(event)
              if event.type == "test.happened" or event.type == "command.succeeded" then
                sekia.call("test-agent", "say", { text = tostring(event.id) })
              end
            end)
            """,
            agent);

        await host.PublishAsync();
        var failure = await Eventually.GetAsync(async () => (await host.FailuresAsync()).SingleOrDefault(), () => $"one failure after {agent.Calls.Count} calls");

        Assert.Contains("16th consequence", (string?)failure["reason"], StringComparison.Ordinal);
        Assert.Equal(16, agent.Calls.Count);
    }

    [Fact]
    public async Task The_payload_is_always_a_table_and_null_fields_are_absent()
    {
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.test", function(event)
              sekia.state.set("body", (event.payload.body or "none") .. "/" .. type(event.payload))
              sekia.state.set("fields", { event.type, event.source, event.subject, sekia.now() == event.timestamp, sekia.name })
            end)
            """);

        await host.HandleAsync(payload: null);
        Assert.Equal("\"none/table\"", host.State("body"));
        Assert.Equal("""["test.happened","test","sekia.events.test",true,"flow"]""", host.State("fields"));

        await host.HandleAsync(payload: new { body = (string?)null });
        Assert.Equal("\"none/table\"", host.State("body"));
    }

    [Fact]
    public async Task A_run_without_effect_leaves_no_row()
    {
        await using var host = EngineHost.Start("""sekia.on("sekia.events.test", function(event) local x = event.payload.x end)""");

        var id = await host.HandleAsync();

        Assert.Empty(await host.RunsAsync());
        Assert.Equal("no_effect", await host.OutcomeAsync(id));
        Assert.Equal((1, 1), ((int)(await host.ViewAsync())["ok"]!, (int)(await host.ViewAsync())["delivered"]!));
    }

    [Fact]
    public async Task Log_lines_stay_with_the_run_also_when_it_fails()
    {
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.test", function(event)
              sekia.log("warn", "careful")
              print("a", 1, nil)
              if event.type == "bad" then error({ code = 7 }) end
            end)
            """);

        await host.HandleAsync();
        await host.HandleAsync("bad");

        var runs = await host.RunsAsync();
        Assert.Equal(["failed", "ok"], runs.Select(run => (string)run["outcome"]!));
        Assert.All(runs, run => Assert.Equal(["warn careful", "info a\t1\tnil"], run["log"]!.AsArray().Select(line => (string)line!)));
        Assert.Equal("""error value {"code":7}""", (string?)runs[0]["reason"]);
    }

    [Fact]
    public async Task A_workflow_that_is_loaded_again_has_fresh_globals_and_its_old_state()
    {
        const string Flow = """
            local seen = 0
            sekia.on("sekia.events.test", function()
              seen = seen + 1
              sekia.state.set("seen", seen)
              sekia.state.set("total", (sekia.state.get("total") or 0) + 1)
            end)
            """;
        await using var host = EngineHost.Start(Flow);
        await host.HandleAsync();
        await host.HandleAsync();

        await host.ChangeAsync(Flow + "\n-- edited");
        await host.HandleAsync();

        Assert.Equal(("1", "3"), (host.State("seen"), host.State("total")));
    }
}
