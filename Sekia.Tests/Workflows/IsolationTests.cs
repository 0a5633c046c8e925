using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>Handlers that take long, or do not let go, and what others feel of it.</summary>
public sealed class IsolationTests
{
    /// <summary>Takes some turns, in Lua.</summary>
    private const string Long = "for i = 1, 1e7 do end";

    /// <summary>Takes as long inside one call of C's, which calls back into Lua.</summary>
    private const string LongInCallbacks = """string.gsub(string.rep("x", 60), ".", function() for i = 1, 1e6 do end end)""";

    private static readonly (string, string) s_shortLimit = ("Workflows:HandlerTimeout", "00:00:00.500");

    [Theory]
    [InlineData(Long)]
    [InlineData(LongInCallbacks)]
    public async Task A_handler_that_takes_long_comes_to_its_end_and_has_its_effects_once(string work)
    {
        await using var host = EngineHost.Start($$"""
            sekia.on("sekia.events.test", function(event)
              sekia.log("info", "begun")
              {{work}}
              sekia.publish("sekia.events.out", "out.made", { from = event.id })
              sekia.state.set("done", (sekia.state.get("done") or 0) + 1)
            end)
            """);

        await host.HandleAsync();
        await host.HandleAsync();

        Assert.Equal("2", host.State("done"));
        Assert.Equal(2, (await host.EventsAsync("out.made")).Length);
        Assert.All(await host.RunsAsync(), run => Assert.Equal("""["info begun"]""", run["log"]!.ToJsonString()));
        Assert.Empty(await host.FailuresAsync());
    }

    [Fact]
    public async Task Of_two_handlers_of_an_event_the_second_may_take_long_where_it_cannot_stop()
    {
        await using var host = EngineHost.Start($$"""
            sekia.on("sekia.events.test", function(event) sekia.state.set("first", event.id) end)
            sekia.on("sekia.events.test", function(event) {{LongInCallbacks}} sekia.state.set("second", event.id) end)
            """);

        var id = await host.HandleAsync();

        Assert.Equal(($"\"{id}\"", $"\"{id}\""), (host.State("first"), host.State("second")));
        Assert.Empty(await host.FailuresAsync());
    }

    [Fact]
    public async Task A_run_that_was_cut_off_finds_its_globals_as_they_were_when_it_begins_again()
    {
        var agent = new Agents.TestAgent();
        var answer = new TaskCompletionSource<string>();
        agent.OnCall = (_, until) => answer.Task.WaitAsync(until);
        await using var host = EngineHost.Start(
            """
            local handled = {}
            sekia.on("sekia.events.test", function(event)
              if handled[event.id] then return end
              handled[event.id] = true
              sekia.call("test-agent", "look", { text = event.id })
              sekia.publish("sekia.events.out", "out.made", {})
            end)
            """,
            agent);

        await host.PublishAsync();
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);
        await host.PostAsync("/api/v1/workflows/flow/disable", status: System.Net.HttpStatusCode.OK);
        await host.PostAsync("/api/v1/workflows/flow/enable", status: System.Net.HttpStatusCode.OK);
        answer.SetResult("answer");
        await host.QuietAsync();

        Assert.Single(await host.EventsAsync("out.made"));
    }

    [Fact]
    public async Task What_was_not_recorded_is_executed_again_in_a_fresh_state()
    {
        await using var host = EngineHost.Start(
            """
            local handled = {}
            sekia.on("sekia.events.test", function(event)
              if handled[event.id] then return end
              handled[event.id] = true
              for i = 1, 3e7 do end
              sekia.publish("sekia.events.out", "out.made", { text = string.rep("x", 100000) })
            end)
            """);

        // The disk is full as soon as the event is on it: both are one transaction.
        Task publishing, limiting;
        using (var held = new Journal.HeldWrite())
        {
            _ = host.Get<EventJournal>().CommitAsync(held, CancellationToken.None);
            await held.Entered;
            publishing = host.Get<EventBus>().PublishAsync(
                [new Event { Subject = Subject.OfEvents("test"), Type = "test.happened", Source = "test", Payload = "{}"u8.ToArray() }], CancellationToken.None);
            limiting = host.LimitPagesAsync(1);
        }

        await Task.WhenAll(publishing, limiting);
        await Eventually.HoldsAsync(() => host.Log.Contains("Workflow flow pauses", StringComparison.Ordinal));
        await host.GiveRoomAsync();
        await host.QuietAsync();

        Assert.Single(await host.EventsAsync("out.made"));
    }

    [Fact]
    public async Task What_was_answered_before_a_run_had_to_begin_anew_is_not_asked_again()
    {
        var agent = new Agents.TestAgent();
        await using var host = EngineHost.Start($$"""
            sekia.on("sekia.events.test", function(event)
              local answer = sekia.call("test-agent", "say", { text = event.id })
              {{LongInCallbacks}}
              sekia.state.set("answer", answer)
            end)
            """, agent);

        var id = await host.HandleAsync();

        Assert.Equal($"\"{id}\"", host.State("answer"));
        Assert.Equal(id, Assert.Single(agent.Calls).Text);
    }

    [Fact]
    public async Task Workflows_that_never_end_hold_up_no_other()
    {
        (string, string)[] hostile = [.. Enumerable.Range(0, 12).Select(i => ($"hostile{i}", $$"""
            sekia.on("sekia.events.attack", function() {{(i % 2 == 0 ? "while true do end" : "('x'):rep(9):gsub('.', function() while true do end end)")}} end)
            """))];
        await using var host = EngineHost.Start(
            [.. hostile, ("flow", """sekia.on("sekia.events.test", function() sekia.state.set("n", (sekia.state.get("n") or 0) + 1) end)""")]);

        await host.PublishAsync(source: "attack");
        for (var i = 1; i <= 100; i++)
        {
            await host.PublishAsync();
            await Eventually.HoldsAsync(() => host.State("n") == $"{i}");
        }

        var workflows = (await host.GetAsync("/api/v1/workflows"))["workflows"]!.AsArray();
        Assert.Equal(hostile.Length, workflows.Count(one => ((string)one!["name"]!).StartsWith("hostile", StringComparison.Ordinal) && (long)one["waiting"]! == 1));
    }

    [Fact]
    public async Task A_wedged_workflow_is_replaced_its_event_is_a_dead_letter_and_the_next_is_handled()
    {
        await using var host = EngineHost.Start(
            [("flow", $$"""
                sekia.on("sekia.events.test", function(event)
                  if event.type == "bad" then {{EngineHost.HeldCall}} end
                  sekia.state.set("seen", event.type)
                end)
                """)],
            settings: s_shortLimit);

        var bad = await host.PublishAsync("bad");
        await host.PublishAsync("good");
        await Eventually.HoldsAsync(() => host.State("seen") == "\"good\"");

        var failure = Assert.Single(await host.FailuresAsync());
        Assert.StartsWith("the handler was held in a call inside Lua", (string)failure["reason"]!, StringComparison.Ordinal);
        Assert.Equal("failed", await host.OutcomeAsync(bad));
        Assert.Equal(1, (int)(await host.ViewAsync())["wedged"]!);
        Assert.Contains("Workflow flow is wedged", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_that_wedge_one_after_the_other_are_a_dead_letter_each()
    {
        await using var host = EngineHost.Start(
            $$"""
            sekia.on("sekia.events.test", function(event)
              if event.type == "bad" then {{EngineHost.HeldCall}} end
              sekia.state.set("seen", event.type)
            end)
            """,
            settings: s_shortLimit);

        for (var i = 1; i < WedgeWatch.MostHeld; i++)
        {
            await host.PublishAsync("bad");
        }

        await host.PublishAsync("good");
        await Eventually.HoldsAsync(() => host.State("seen") == "\"good\"");

        Assert.Equal(WedgeWatch.MostHeld - 1, (await host.FailuresAsync()).Length);
    }

    [Fact]
    public async Task One_that_is_held_again_and_again_is_switched_off_and_says_why()
    {
        await using var host = EngineHost.Start(
            $$"""sekia.on("sekia.events.test", function(event) if event.type == "bad" then {{EngineHost.HeldCall}} end sekia.state.set("seen", event.type) end)""",
            settings: ("Workflows:HandlerTimeout", "00:00:00.100"));

        for (var i = 0; i < WedgeWatch.MostHeld; i++)
        {
            await host.PublishAsync("bad");
        }

        await host.PublishAsync("good");
        await Eventually.HoldsAsync(() => host.Flow() is { DisabledAt: not null, Wedged: WedgeWatch.MostHeld });
        Assert.Contains("it was switched off", (string?)(await host.ViewAsync())["last_error"], StringComparison.Ordinal);
        Assert.Contains("sekia workflows enable flow", host.Log, StringComparison.Ordinal);
        Assert.Null(host.State("seen"));

        await host.PostAsync("/api/v1/workflows/flow/enable", status: System.Net.HttpStatusCode.OK);
        await Eventually.HoldsAsync(() => host.State("seen") == "\"good\"");
        Assert.Equal(WedgeWatch.MostHeld, (await host.FailuresAsync()).Length);
    }

    [Fact]
    public async Task A_wedged_workflow_whose_file_is_deleted_does_not_end_reloading()
    {
        // Long enough that the file is gone before it is given up.
        await using var host = EngineHost.Start(
            [("flow", $$"""sekia.on("sekia.events.test", function(event) {{EngineHost.HeldCall}} end)""")], settings: ("Workflows:HandlerTimeout", "00:00:02"));
        await host.PublishAsync();
        await Eventually.HoldsAsync(() => host.Flow().InLua is not null);

        File.Delete(Path.Combine(host.Folder, "flow.lua"));
        await host.ReloadAsync();
        Assert.Empty(host.Get<EventJournal>().Consumers);
        await host.ChangeAsync("""sekia.on("sekia.events.test", function(event) sekia.state.set("seen", event.type) end)""", "next");
        await host.PublishAsync("after");

        await Eventually.HoldsAsync(() => host.State("seen", "next") == "\"after\"");
    }

    [Fact]
    public async Task A_handler_that_had_to_begin_anew_finds_its_globals_as_they_were()
    {
        await using var host = EngineHost.Start($$"""
            local handled = {}
            sekia.on("sekia.events.test", function(event)
              if handled[event.id] then return end
              handled[event.id] = true
              sekia.publish("sekia.events.out", "out.made", {})
              {{LongInCallbacks}}
            end)
            """);

        await host.HandleAsync();

        Assert.Single(await host.EventsAsync("out.made"));
    }

    [Fact]
    public async Task What_others_asked_for_does_not_wait_for_one_that_takes_long()
    {
        var agent = new Agents.TestAgent();
        await using var host = EngineHost.Start(
            """
            sekia.on("sekia.events.test", function(event)
              if event.payload.i == 0 then sekia.command("test-agent", "say", { text = "first" }) else while true do end end
            end)
            """,
            agent);

        await host.FloodAsync(0, 2);

        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);
        Assert.Empty(await host.FailuresAsync());
    }

    [Fact]
    public async Task One_that_does_not_take_turns_holds_up_none_that_does()
    {
        await using var host = EngineHost.Start([
            ("hostile", "sekia.on('sekia.events.attack', function() ('x'):rep(9):gsub('.', function() while true do end end) end)"),
            ("flow", $$"""sekia.on("sekia.events.test", function(event) {{Long}} sekia.state.set("seen", event.type) end)""")]);
        await host.PublishAsync(source: "attack");
        await Eventually.HoldsAsync(() => host.Flow("hostile").InLua is { Run.TakesLong: true });

        await host.PublishAsync("long");
        await Eventually.HoldsAsync(() => host.State("seen") == "\"long\"");

        Assert.Empty(await host.FailuresAsync());
    }

    [Fact]
    public async Task Who_takes_long_has_a_low_priority_and_one_core_less_and_nobody_inherits_that()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        await using var host = EngineHost.Start(
        [
            .. Enumerable.Range(0, 4).Select(i => ($"hostile{i}", $$"""
                sekia.on('sekia.events.attack', function() {{(i % 2 == 0 ? "while true do end" : "('x'):rep(9):gsub('.', function() while true do end end)")}} end)
                """)),
            ("flow", "sekia.on('sekia.events.test', function(event) sekia.state.set('seen', event.id) end)"),
        ]);
        await host.PublishAsync(source: "attack");
        await Eventually.HoldsAsync(() => OsThreads.Named("Sekia long runs").Count >= 2);

        // Threads of the pool begin as the watch lets it have more.
        for (var i = 0; i < 20; i++)
        {
            var id = await host.PublishAsync();
            await Eventually.HoldsAsync(() => host.State("seen") == $"\"{id}\"");
        }

        // Those of other tests that are held have the lowest.
        await Eventually.HoldsAsync(() => OsThreads.Named("Sekia long runs").All(thread => thread.Nice is 10 or 19 && thread.Cores == Math.Max(1, OsThreads.Main.Cores - 1)));
        Assert.All(OsThreads.Named(".NET TP Worker"), thread => Assert.Equal((OsThreads.Main.Nice, OsThreads.Main.Cores), (thread.Nice, thread.Cores)));
    }

    [Fact]
    public async Task One_that_is_wedged_where_the_long_runs_are_holds_up_none_of_those()
    {
        await using var host = EngineHost.Start(
            [
                .. Enumerable.Range(0, Environment.ProcessorCount).Select(i => ($"held{i}", $$"""
                    sekia.on("sekia.events.test", function(event)
                      if event.type == "bad" then {{EngineHost.HeldCall}} else {{Long}} end
                    end)
                    """)),
                ("flow", $$"""
                    sekia.on("sekia.events.test", function(event)
                      {{Long}}
                      sekia.state.set("seen", event.type)
                    end)
                    """)
            ],
            settings: ("Workflows:HandlerTimeout", "00:00:02"));
        await host.HandleAsync("long");

        await host.PublishAsync("bad");
        await Eventually.HoldsAsync(() => host.State("seen") == "\"bad\"");
        await host.PublishAsync("after");
        await Eventually.HoldsAsync(() => host.State("seen") == "\"after\"");
    }
}
