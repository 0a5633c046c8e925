using System.Net;
using System.Text.Json.Nodes;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>What the workflows would do with an event: told, and not done.</summary>
public sealed class ReplayTests
{
    private const string Everything = """
        count = 0
        sekia.on("sekia.events.test", { type = "test.happened" }, function(event)
          count = count + 1
          sekia.log("info", "seen " .. count .. " times")
          sekia.command("test-agent", "say", { text = event.payload.text })
          sekia.publish("sekia.events.out", "out.made", { n = (sekia.state.get("n") or 0) + 1 })
          sekia.state.set("n", (sekia.state.get("n") or 0) + 1)
          sekia.state.delete("old")
        end)
        """;

    [Fact]
    public async Task A_dry_replay_tells_all_effects_and_does_none()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(Everything, agent);
        var id = await host.HandleAsync(payload: new { text = "hello" });
        await Eventually.GetAsync(async () => (string)(await host.CommandsAsync()).Single()["status"]! == "succeeded" ? "" : null, () => "carried out, and recorded");
        var before = await PictureAsync(host);

        for (var again = 0; again < 2; again++)
        {
            var replay = await host.PostAsync($"/api/v1/events/{id}/replay", status: HttpStatusCode.OK);

            Assert.Equal((id, true, null), ((string?)replay["event"], (bool?)replay["dry"], replay["published"]));
            var flow = Assert.Single(replay["workflows"]!.AsArray())!;
            Assert.Equal(("flow", "ok", host.Flow().Current!.Hash), ((string?)flow["workflow"], (string?)flow["outcome"], (string?)flow["version"]));
            var run = Assert.Single(flow["runs"]!.AsArray())!;
            Assert.Equal((1, "ok", 0), ((int)run["handler"]!, (string?)run["outcome"], (int)run["left_out"]!));

            // A fresh state: its globals know nothing of the real run, and a second replay nothing of the first. What is stored it does know.
            Assert.Equal("""["info seen 1 times"]""", run["log"]!.ToJsonString());
            Assert.Equal("""[{"agent":"test-agent","command":"say","payload":{"text":"hello"}}]""", run["commands"]!.ToJsonString());
            Assert.Equal("""[{"subject":"sekia.events.out","type":"out.made","payload":{"n":2}}]""", run["events"]!.ToJsonString());
            Assert.Equal("""[{"key":"n","deleted":false,"value":2},{"key":"old","deleted":true,"value":null}]""", run["state"]!.ToJsonString());
        }

        Assert.Equal(before, await PictureAsync(host));
        Assert.Single(agent.Calls);
        await host.HandleAsync(payload: new { text = "hello" });
        Assert.Equal("info seen 2 times", (string?)(await host.RunsAsync())[0]["log"]![0]);
        Assert.Equal("2", host.State("n"));
    }

    [Fact]
    public async Task Those_that_would_not_act_say_why()
    {
        await using var host = EngineHost.Start(
        [
            ("broken", "no Lua"),
            ("elsewhere", "sekia.on('sekia.events.other', function() end)"),
            ("idle", "sekia.on('sekia.events.test', function() end)"),
            ("picky", "sekia.on('sekia.events.test', { type = 'other' }, function() end)"),
            ("self", "sekia.on('sekia.events.test', function() sekia.publish('sekia.events.test', 'mine') end)"),
        ]);
        await host.HandleAsync();
        var mine = await Eventually.GetAsync(async () => (await host.EventsAsync("mine")).FirstOrDefault(), () => "what it published");

        var replay = await host.PostAsync($"/api/v1/events/{mine["id"]}/replay", status: HttpStatusCode.OK);

        Assert.Equal(
            ["elsewhere no_pattern", "idle no_effect", "picky type_filter", "self self_event"],
            replay["workflows"]!.AsArray().Select(one => $"{one!["workflow"]} {one["outcome"]}"));
        var one = await host.PostAsync($"/api/v1/events/{mine["id"]}/replay?workflow=picky", status: HttpStatusCode.OK);
        Assert.Equal("picky", (string?)Assert.Single(one["workflows"]!.AsArray())!["workflow"]);
    }

    [Fact]
    public async Task A_failure_is_told_with_its_place_and_is_no_dead_letter()
    {
        await using var host = EngineHost.Start("""
            local function inner(event) error("was " .. event.payload.word) end
            sekia.on("sekia.events.test", function(event)
              sekia.log("warn", "on the way")
              sekia.command("test-agent", "say", { text = "x" })
              inner(event)
            end)
            """);
        var id = await host.HandleAsync(payload: new { word = "bad" });
        Assert.Single(await host.FailuresAsync());

        var replay = await host.PostAsync($"/api/v1/events/{id}/replay", status: HttpStatusCode.OK);

        var run = replay["workflows"]![0]!["runs"]![0]!;
        Assert.Equal(("failed", "flow.lua:1: was bad"), ((string?)run["outcome"], (string?)run["reason"]));
        Assert.Contains("flow.lua:5:", (string?)run["traceback"], StringComparison.Ordinal);
        Assert.Equal(("""["warn on the way"]""", "[]"), (run["log"]!.ToJsonString(), run["commands"]!.ToJsonString()));
        Assert.Single(await host.FailuresAsync());
        Assert.Equal(1, (await host.ViewAsync())["failed"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_call_is_answered_as_it_was_and_otherwise_not_carried_out()
    {
        var agent = new TestAgent { OnCall = (call, _) => Task.FromResult(call.Text + "!") };
        await using var host = EngineHost.Start(
            """
            sekia.on("sekia.events.test", function(event)
              local known, why = sekia.call("test-agent", "say", { text = event.payload.text })
              sekia.log("info", tostring(known) .. " " .. tostring(why))
            end)
            """,
            agent);
        var id = await host.HandleAsync(payload: new { text = "hi" });
        var asked = agent.Calls.Count;

        async Task<JsonNode> ReplayAsync() => (await host.PostAsync($"/api/v1/events/{id}/replay", status: HttpStatusCode.OK))["workflows"]![0]!["runs"]![0]!;
        var run = await ReplayAsync();
        Assert.Equal("info hi! nil", (string?)run["log"]![0]);
        Assert.Equal("""[{"agent":"test-agent","command":"say","payload":{"text":"hi"},"result":"hi!","error":null}]""", run["calls"]!.ToJsonString());

        // Not even what changes nothing: a dry replay asks nobody.
        await host.ChangeAsync("""
            sekia.on("sekia.events.test", function(event)
              local known, why = sekia.call("test-agent", "look", { text = "new" })
              sekia.log("info", tostring(known) .. " " .. tostring(why))
            end)
            """);
        run = await ReplayAsync();
        Assert.Equal("info nil dry replay: not carried out", (string?)run["log"]![0]);
        Assert.Equal((asked, 1), (agent.Calls.Count, (await host.CommandsAsync()).Length));
    }

    [Fact]
    public async Task Arguments_are_checked_as_in_a_real_run()
    {
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.test", function(event)
              sekia.command("test-agent", "say", { words = "x" })
            end)
            """);
        var id = await host.HandleAsync();

        var replay = await host.PostAsync($"/api/v1/events/{id}/replay", status: HttpStatusCode.OK);

        var failure = Assert.Single(await host.FailuresAsync());
        Assert.Equal((string?)failure["reason"], (string?)replay["workflows"]![0]!["runs"]![0]!["reason"]);
    }

    [Theory]
    [InlineData("while true do end", "ran for more than", "failed")]
    [InlineData("local t = {} while true do t[#t + 1] = ('x'):rep(1e6) end", "wanted more than", "failed")]
    [InlineData("while true do pcall(sekia.call) end", "", "failed")]
    [InlineData("while true do pcall(sekia.call, 'test-agent', 'look', { text = 'x' }) end", "", "failed")]
    [InlineData(EngineHost.HeldCall, "", "held")]
    public async Task A_hostile_script_is_stopped_and_the_host_goes_on(string body, string reason, string outcome)
    {
        await using var host = EngineHost.Start(
            [("flow", "sekia.on('sekia.events.test', function() end)"), ("other", "sekia.on('sekia.events.test', function() sekia.state.set('seen', true) end)")],
            settings: [("Workflows:HandlerTimeout", "00:00:00.300"), ("Workflows:MaxMemoryBytes", $"{8 << 20}"), ("Workflows:MaxEffects", "100")]);
        var id = await host.HandleAsync();
        await host.ChangeAsync($"sekia.on('sekia.events.test', function() {body} end)");

        var replay = await host.PostAsync($"/api/v1/events/{id}/replay?workflow=flow", status: HttpStatusCode.OK);

        var flow = replay["workflows"]![0]!;
        Assert.Equal(outcome, (string?)flow["outcome"]);
        Assert.Contains(reason, flow["runs"]!.AsArray() is [{ } run] ? (string?)run["reason"] : "", StringComparison.Ordinal);
        Assert.Equal("no_effect", await host.OutcomeAsync(id));
        Assert.Equal(0, host.Flow().Wedged);
        Assert.Equal("ok", (string?)(await host.PostAsync($"/api/v1/events/{id}/replay?workflow=other", status: HttpStatusCode.OK))["workflows"]![0]!["outcome"]);
        await host.HandleAsync(source: "later");
    }

    [Fact]
    public async Task Who_finds_both_places_held_is_told_by_whom_and_what_to_do()
    {
        await using var host = EngineHost.Start(
            "sekia.on('sekia.events.test', function() end)", settings: [("Workflows:HandlerTimeout", "00:00:00.100")]);
        var id = await host.HandleAsync();
        await host.ChangeAsync($"sekia.on('sekia.events.test', function() {EngineHost.HeldCall} end)");
        for (var place = 0; place < 2; place++)
        {
            Assert.Equal("held", (string?)(await host.PostAsync($"/api/v1/events/{id}/replay", status: HttpStatusCode.OK))["workflows"]![0]!["outcome"]);
        }

        var refusal = await host.PostAsync($"/api/v1/events/{id}/replay", status: HttpStatusCode.ServiceUnavailable);

        Assert.Contains("those of flow, flow are held", (string?)refusal["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_live_replay_is_a_new_event_that_follows_from_the_first()
    {
        await using var host = EngineHost.Start(Everything);
        var id = (string)(await host.PostAsync("/api/v1/events", new { type = "test.happened", source = "test", key = "k", payload = new { text = "hello" } }))["id"]!;
        await host.QuietAsync();

        var replay = await host.PostAsync($"/api/v1/events/{id}/replay?dry=false", status: HttpStatusCode.OK);

        await host.QuietAsync();
        var again = (string)replay["published"]!["id"]!;
        Assert.NotEqual(id, again);
        Assert.Equal((false, false, "[]"), ((bool)replay["dry"]!, (bool)replay["published"]!["duplicate"]!, replay["workflows"]!.ToJsonString()));
        var why = await host.GetAsync($"/api/v1/events/{again}/why");
        Assert.Equal(("test.happened", "test", "hello", 1), (
            (string?)why["event"]!["type"], (string?)why["event"]!["source"], (string?)why["event"]!["payload"]!["text"], (int)why["event"]!["cause"]!["event"]!));
        Assert.Equal("ok", (string?)why["workflows"]![0]!["outcome"]);
        Assert.Equal("2", host.State("n"));
    }

    [Theory]
    [InlineData("evt_nothing/replay", HttpStatusCode.NotFound, "There is no event 'evt_nothing'.")]
    [InlineData("{id}/replay?workflow=nobody", HttpStatusCode.NotFound, "There is no workflow 'nobody'.")]
    [InlineData("{id}/replay?dry=perhaps", HttpStatusCode.BadRequest, "must be true or false, not 'perhaps'")]
    [InlineData("{id}/replay?dry=false&workflow=flow", HttpStatusCode.BadRequest, "Leave out 'workflow'")]
    [InlineData("{id}/replay?dri=false", HttpStatusCode.BadRequest, "Unknown parameter 'dri'")]
    public async Task What_cannot_be_replayed_is_refused(string path, HttpStatusCode status, string sentence)
    {
        await using var host = EngineHost.Start(Everything);
        var id = await host.HandleAsync(payload: new { text = "x" });

        var refusal = await host.PostAsync("/api/v1/events/" + path.Replace("{id}", id, StringComparison.Ordinal), status: status);

        Assert.Contains(sentence, (string?)refusal["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_has_an_end_however_much_a_script_asks_for()
    {
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.test", function(event)
              for i = 1, 12 do sekia.publish("sekia.events.out", "big", { text = ("x"):rep(1000000) }) end
            end)
            """);
        var id = await host.HandleAsync();

        var run = (await host.PostAsync($"/api/v1/events/{id}/replay", status: HttpStatusCode.OK))["workflows"]![0]!["runs"]![0]!;

        Assert.Equal((8, 4), (run["events"]!.AsArray().Count, (int)run["left_out"]!));
    }

    /// <summary>All that a replay must not change.</summary>
    private static async Task<string> PictureAsync(EngineHost host)
    {
        var status = await host.GetAsync("/api/v1/status");
        return $"{status["events"]} {status["commands"]} {status["consumers"]} {(await host.RunsAsync()).Length} {host.State("n")} {host.State("old")}";
    }
}
