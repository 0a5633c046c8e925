using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>Why a workflow did what it did with an event, in a word.</summary>
public sealed class WhyTests
{
    [Fact]
    public async Task Each_workflow_says_in_a_word_what_it_did_with_an_event()
    {
        await using var host = EngineHost.Start([
            ("acts", """sekia.on("sekia.events.test", function() sekia.log("info", "seen") end)"""),
            ("fails", """sekia.on("sekia.events.test", function() error("no") end)"""),
            ("idles", """sekia.on("sekia.events.test", function() end)"""),
            ("filters", """sekia.on("sekia.events.test", { type = "other" }, function() end)"""),
            ("elsewhere", """sekia.on("sekia.events.other", function() end)"""),
            ("broken", "function")]);

        var id = await host.HandleAsync();

        foreach (var (name, outcome) in new[] { ("acts", "ok"), ("fails", "failed"), ("idles", "no_effect"), ("filters", "type_filter"), ("elsewhere", "no_pattern"), ("broken", "not_loaded") })
        {
            Assert.Equal((name, outcome), (name, await host.OutcomeAsync(id, name)));
        }
    }

    [Fact]
    public async Task A_top_level_that_never_ends_holds_up_the_others_for_no_more_than_two_seconds()
    {
        await using var host = EngineHost.Start([("endless", "while true do end"), ("flow", """sekia.on("sekia.events.test", function(event) sekia.state.set("seen", event.id) end)""")]);

        var id = await host.HandleAsync();

        Assert.Equal($"\"{id}\"", host.State("seen"));
        var refused = Assert.Single((await host.GetAsync("/api/v1/workflows"))["refused"]!.AsArray());
        Assert.Contains("ran for more than 2 s", refused!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00:00:00.500", "while true do end", "ran for more than 0.5 s")]
    [InlineData("00:00:20", "while true do end", "ran for more than 2 s")]
    [InlineData("00:00:20", EngineHost.HeldCall, "at its top level it is held")]
    public async Task A_top_level_has_two_seconds_and_no_more_than_a_handler_however_it_spends_them(string handlers, string top, string reason)
    {
        await using var host = EngineHost.Start([("endless", top)], settings: ("Workflows:HandlerTimeout", handlers));

        var refused = Assert.Single((await host.GetAsync("/api/v1/workflows"))["refused"]!.AsArray());

        Assert.Contains(reason, refused!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_has_not_had_its_turn_is_waiting()
    {
        var answer = new TaskCompletionSource<string>();
        var agent = new TestAgent { OnCall = (_, stop) => answer.Task.WaitAsync(stop) };
        await using var host = EngineHost.Start("""sekia.on("sekia.events.test", function() sekia.call("test-agent", "look", { text = "x" }) end)""", agent);

        var id = await host.PublishAsync();
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);
        Assert.Equal("waiting", await host.OutcomeAsync(id));

        answer.SetResult("now");
        await host.QuietAsync();
        Assert.Equal("ok", await host.OutcomeAsync(id));
    }

    [Fact]
    public async Task An_event_from_before_a_workflow_began_was_not_for_it()
    {
        await using var host = EngineHost.Start([("first", """sekia.on("sekia.events.test", function() end)""")]);
        var id = await host.HandleAsync();

        await host.ChangeAsync("""sekia.on("sekia.events.test", function() end)""", "later");

        Assert.Equal(("no_effect", "before_it_began"), (await host.OutcomeAsync(id, "first"), await host.OutcomeAsync(id, "later")));
        var next = await host.HandleAsync();
        Assert.Equal("no_effect", await host.OutcomeAsync(next, "later"));
    }

    [Fact]
    public async Task What_a_workflow_called_is_shown_also_when_its_run_failed()
    {
        await using var host = EngineHost.Start(
            """
            sekia.on("sekia.events.test", function(event)
              sekia.call("test-agent", "look", { text = event.id })
              sekia.call("test-agent", "say", { text = "then" })
              if event.type == "bad" then error("no") end
            end)
            """);

        foreach (var (type, outcome) in new[] { ("good", "ok"), ("bad", "failed") })
        {
            var id = await host.HandleAsync(type);
            var flow = Assert.Single((await host.GetAsync($"/api/v1/events/{id}/why"))["workflows"]!.AsArray())!;
            Assert.Equal(outcome, (string)flow["outcome"]!);
            Assert.Equal([$"look {id} succeeded", "say then succeeded"], flow["calls"]!.AsArray().Select(call => $"{call!["command"]} {call["payload"]!["text"]} {call["status"]}"));
        }
    }

    [Fact]
    public async Task Consequences_are_followed_to_the_last()
    {
        await using var host = EngineHost.Start([
            ("first", """sekia.on("sekia.events.test", function() sekia.publish("sekia.events.two", "two", {}) end)"""),
            ("second", """sekia.on("sekia.events.two", function() sekia.command("test-agent", "say", { text = "end" }) end)""")]);

        var id = await host.HandleAsync();
        await host.QuietAsync();
        await Eventually.GetAsync(async () => (await host.CommandsAsync()).SingleOrDefault(command => (string)command["status"]! == "succeeded"), () => "the command's end");

        var why = await host.GetAsync($"/api/v1/events/{id}/why");
        var published = why["workflows"]!.AsArray().Single(one => (string)one!["workflow"]! == "first")!["runs"]![0]!["events"]![0]!;
        var second = published["workflows"]!.AsArray().Single(one => (string)one!["workflow"]! == "second")!;
        Assert.Equal("succeeded", (string?)second["runs"]![0]!["commands"]![0]!["status"]);
    }
}
