using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>A run that asks in its middle, waits for the answer, and is not told twice.</summary>
public sealed class CallTests
{
    private const string Ask = """
        sekia.on("sekia.events.test", function(event)
          local result, err = sekia.call("test-agent", "say", { text = event.payload.text or "hi" })
          if result then sekia.state.set("result", result) end
          if err then sekia.state.set("err", err) end
        end)
        """;

    private static readonly string s_askOrFail = Ask.Replace("if err then ", "if err then error(err) ", StringComparison.Ordinal);

    [Fact]
    public async Task An_answer_comes_back_as_the_result()
    {
        await using var host = EngineHost.Start(Ask);

        var id = await host.HandleAsync(payload: new { text = "hello" });

        Assert.Equal(("\"hello\"", null), (host.State("result"), host.State("err")));
        Assert.Equal("ok", await host.OutcomeAsync(id));
    }

    [Fact]
    public async Task A_refusal_comes_back_as_the_error()
    {
        var agent = new TestAgent { OnCall = (_, _) => throw new CommandFailedException("the service said no") };
        await using var host = EngineHost.Start(Ask, agent);

        await host.HandleAsync();

        Assert.Equal((null, "\"failed: the service said no\""), (host.State("result"), host.State("err")));
    }

    [Fact]
    public async Task A_dry_run_comes_back_as_the_error()
    {
        await using var host = EngineHost.Start(Ask, options: new AgentOptions { DryRun = true });

        await host.HandleAsync();

        Assert.StartsWith("\"dry_run: Not sent", host.State("err"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_failed_in_a_dry_run_is_retried_for_good_when_that_is_over()
    {
        var (agent, options) = (new TestAgent(), new AgentOptions { DryRun = true });
        await using var host = EngineHost.Start(s_askOrFail, agent, options);
        await host.HandleAsync();
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();
        Assert.Contains("dry_run: Not sent", (string?)Assert.Single(await host.FailuresAsync())["reason"], StringComparison.Ordinal);
        Assert.Empty(agent.Calls);

        options.DryRun = false;
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();

        Assert.Equal("\"hi\"", host.State("result"));
        Assert.Single(agent.Calls);
        Assert.Empty(await host.FailuresAsync());
    }

    [Fact]
    public async Task A_run_is_retried_for_good_also_when_the_command_that_failed_it_was_dismissed()
    {
        var agent = new TestAgent { OnCall = (_, _) => throw new CommandFailedException("the service said no") };
        await using var host = EngineHost.Start(s_askOrFail, agent);
        await host.HandleAsync();
        await host.PostAsync($"/api/v1/commands/{Assert.Single(await host.CommandsAsync())["id"]}/dismiss", status: System.Net.HttpStatusCode.OK);

        agent.OnCall = (call, _) => Task.FromResult(call.Text);
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();

        Assert.Equal("\"hi\"", host.State("result"));
        Assert.Equal(2, agent.Calls.Count);
        Assert.Empty(await host.FailuresAsync());
    }

    [Fact]
    public async Task An_answer_that_nobody_knows_comes_back_as_the_error()
    {
        var agent = new TestAgent { OnCall = async (_, stop) => { await Task.Delay(Timeout.Infinite, stop); return ""; } };
        await using var host = EngineHost.Start(Ask, agent, new AgentOptions { CommandTimeout = TimeSpan.FromMilliseconds(100) });

        await host.HandleAsync();

        Assert.StartsWith("\"uncertain: no answer within 0.1 s", host.State("err"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""sekia.call("test-agent", "say", { text = 5, volume = "loud" })""", "volume")]
    [InlineData("""sekia.call("test-agent", "shout", {})""", "has no command 'shout'")]
    [InlineData("""sekia.call("nobody", "say", {})""", "there is no agent 'nobody'")]
    [InlineData("""sekia.call("test-agent", "say", { 1, 2 })""", "payload must be a table with string keys")]
    [InlineData("""sekia.call()""", "agent is missing")]
    public async Task A_wrong_question_is_raised_at_its_line(string question, string reason)
    {
        await using var host = EngineHost.Start($"sekia.on(\"sekia.events.test\", function()\n  {question}\nend)");

        await host.HandleAsync();

        var failure = Assert.Single(await host.FailuresAsync());
        Assert.StartsWith("flow.lua:2: ", (string?)failure["reason"], StringComparison.Ordinal);
        Assert.Contains(reason, (string?)failure["reason"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_goes_on_asking_whatever_it_is_told_ends()
    {
        await using var host = EngineHost.Start(
            "sekia.on('sekia.events.test', function() while true do pcall(sekia.call) end end)", settings: ("Workflows:MaxEffects", "50"));

        await host.HandleAsync();

        Assert.Equal("a run may call sekia.call 50 times (Workflows:MaxEffects); this one wants more", (string?)Assert.Single(await host.FailuresAsync())["reason"]);
    }

    [Fact]
    public async Task A_call_works_inside_pcall_and_an_error_after_it_is_caught()
    {
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.test", function()
              local ok, message = pcall(function()
                local heard = sekia.call("test-agent", "say", { text = "a" })
                error(heard .. "!", 0)
              end)
              local wrong = pcall(sekia.call, "nobody", "say", {})
              sekia.state.set("seen", { ok, message, wrong })
            end)
            """);

        await host.HandleAsync();

        Assert.Equal("""[false,"a!",false]""", host.State("seen"));
    }

    [Fact]
    public async Task A_run_that_waits_does_not_hold_up_another_workflow()
    {
        var answer = new TaskCompletionSource<string>();
        var agent = new TestAgent { OnCall = (_, stop) => answer.Task.WaitAsync(stop) };
        await using var host = EngineHost.Start(
            [("flow", Ask), ("other", """sekia.on("sekia.events.test", function(event) sekia.state.set("seen", (sekia.state.get("seen") or 0) + 1) end)""")], agent);

        await host.PublishAsync();
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);
        await host.FloodAsync(0, 200);
        await Eventually.HoldsAsync(() => host.State("seen", "other") == "201");
        Assert.Null(host.State("result"));

        agent.OnCall = (call, _) => Task.FromResult(call.Text);
        answer.SetResult("late");
        await host.QuietAsync();
        Assert.Equal(201, agent.Calls.Count);
    }

    [Fact]
    public async Task The_host_stops_soon_while_a_run_waits_and_asks_on_after_the_restart()
    {
        using var folder = new TemporaryFolder();
        var first = new TestAgent { OnCall = async (_, stop) => { await Task.Delay(Timeout.Infinite, stop); return ""; } };
        var since = System.Diagnostics.Stopwatch.StartNew();
        await using (var host = EngineHost.Start(AskLooking(), first, settings: EngineHost.DurableIn(folder)))
        {
            await host.PublishAsync();
            await Eventually.HoldsAsync(() => first.Calls.Count == 1);
            since.Restart();
        }

        Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        var second = new TestAgent();
        await using var again = EngineHost.Start(AskLooking(), second, settings: EngineHost.DurableIn(folder));
        await Eventually.HoldsAsync(() => again.State("result") == "\"hi\"");
        Assert.Single(second.Calls);
    }

    [Fact]
    public async Task A_retried_run_gets_the_answer_it_had()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(Ask.Replace("\nend)", "\n  error(\"later\")\nend)", StringComparison.Ordinal), agent);
        await host.HandleAsync();

        await host.ChangeAsync(Ask);
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();

        Assert.Equal("\"hi\"", host.State("result"));
        Assert.Single(agent.Calls);
    }

    [Fact]
    public async Task A_retried_run_asks_again_what_had_failed_and_keeps_what_had_not()
    {
        var agent = new TestAgent { OnCall = (_, _) => throw new CommandFailedException("the service said no") };
        await using var host = EngineHost.Start(
            """
            sekia.on("sekia.events.test", function()
              local result, err = sekia.call("test-agent", "say", { text = "a" })
              if err then error(err) end
              sekia.state.set("result", result)
              if not sekia.call("test-agent", "say", { text = "b" }) then error("b") end
            end)
            """,
            agent);
        await host.HandleAsync();

        agent.OnCall = (call, _) => call.Text == "a" ? Task.FromResult("yes") : throw new CommandFailedException("not that");
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();
        agent.OnCall = (call, _) => Task.FromResult(call.Text);
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();

        Assert.Equal("\"yes\"", host.State("result"));
        Assert.Equal(["a", "a", "b", "b"], agent.Calls.Select(call => call.Text));
        Assert.Empty(await host.FailuresAsync());
    }

    [Fact]
    public async Task Another_question_after_an_edit_is_asked_and_the_same_one_is_not()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start("""
            sekia.on("sekia.events.test", function()
              sekia.call("test-agent", "say", { text = "same" })
              sekia.call("test-agent", "say", { text = "old" })
              error("stop")
            end)
            """, agent);
        await host.HandleAsync();

        await host.ChangeAsync("""
            sekia.on("sekia.events.test", function()
              sekia.call("test-agent", "say", { text = "same" })
              sekia.call("test-agent", "say", { text = "new" })
            end)
            """);
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();

        Assert.Equal(["same", "old", "new"], agent.Calls.Select(call => call.Text));
    }

    [Fact]
    public async Task The_same_questions_in_another_order_get_the_answers_they_had()
    {
        var agent = new TestAgent();
        await using var host = EngineHost.Start(Asking("'a', 'b', 'a'") + " error('stop') end)", agent);
        await host.HandleAsync();

        await host.ChangeAsync(Asking("'b', 'a', 'a'") + " sekia.state.set('heard', heard) end)");
        await host.PostAsync("/api/v1/failures/retry");
        await host.QuietAsync();

        Assert.Equal("""["b","a","a"]""", host.State("heard"));
        Assert.Equal(["a", "b", "a"], agent.Calls.Select(call => call.Text));

        static string Asking(string texts) => $$"""
            sekia.on("sekia.events.test", function()
              local heard = {}
              for i, text in ipairs({ {{texts}} }) do heard[i] = sekia.call("test-agent", "say", { volume = 2, text = text }) end
            """;
    }

    [Theory]
    [InlineData("")]
    [InlineData("sekia.on('sekia.events.deploy', function() end)\nsekia.on('sekia.events.test', { type = 'test.other' }, function() end)\n")]
    public async Task An_edit_while_a_run_waits_loses_and_repeats_nothing(string inFront)
    {
        var answer = new TaskCompletionSource<string>();
        var agent = new TestAgent { OnCall = (_, stop) => answer.Task.WaitAsync(stop) };
        await using var host = EngineHost.Start(Ask, agent);
        await host.PublishAsync();
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);

        await host.ChangeAsync(inFront + Ask + "\n-- edited");
        answer.SetResult("once");
        await host.QuietAsync();

        Assert.Equal("\"once\"", host.State("result"));
        Assert.Single(agent.Calls);
        Assert.Equal(host.Flow().Current!.Hash, (string?)Assert.Single(await host.RunsAsync())["version"]);
    }

    [Fact]
    public async Task Whoever_waits_for_a_command_hears_of_its_end_also_after_another_has_given_up()
    {
        var answer = new TaskCompletionSource<string>();
        var agent = new TestAgent { OnCall = (_, stop) => answer.Task.WaitAsync(stop) };
        await using var host = EngineHost.Start("", agent);
        var dispatcher = host.Get<CommandDispatcher>();
        using var patience = new CancellationTokenSource();

        var first = dispatcher.AskAsync(Question(), patience.Token);
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);
        var second = dispatcher.AskAsync(Question(), CancellationToken.None);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult("done");

        Assert.Equal(CommandStatus.Succeeded, (await second.WaitAsync(TimeSpan.FromSeconds(30))).Status);
    }

    private static Command Question() => new()
    {
        Agent = "test-agent",
        Name = "say",
        Source = "test",
        Key = "one",
        Payload = """{"text":"x"}"""u8.ToArray(),
    };

    private static string AskLooking() => Ask.Replace("\"say\"", "\"look\"", StringComparison.Ordinal);
}
