using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard.Pages;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Dashboard;

/// <summary>Commands, failures and settings: looked at and decided about in a browser.</summary>
[Collection(BrowserTests.Name)]
public sealed class DecisionPagesTests(Browser browser)
{
    private static readonly Dictionary<string, string> s_scripts = new()
    {
        ["failing"] = """sekia.on("sekia.events.test", { type = "bad" }, function(event) error("order " .. event.payload.number .. " was bad") end)""",
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commands_that_were_ticked_are_dismissed_after_a_question_that_names_them(bool scripts)
    {
        await using var host = await StartAsync();
        await TroubleAsync(host);
        await using var page = await browser.OpenAsync(host.Address, "/web/commands?status=uncertain", new() { JavaScriptEnabled = scripts });

        foreach (var box in await page.Page.Locator("#commands input[type=checkbox]").AllAsync())
        {
            await box.CheckAsync();
        }

        await page.FollowAsync("button:has-text('It was done')");
        Assert.Contains("Dismiss 2 commands: say of test-agent (2)?", await page.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(2, Dead(host).Uncertain);
        await page.FollowAsync("main >> text=Yes");

        Assert.Equal("2 commands dismissed.", await page.Page.Locator(".notice").InnerTextAsync());
        Assert.Equal(0, Dead(host).Uncertain);
        await page.AssertSoundAsync($"commands-dismissed-{scripts}");
    }

    [Fact]
    public async Task One_command_tells_all_about_itself_and_is_sent_again_after_a_warning()
    {
        await using var host = await StartAsync();
        var agent = await TroubleAsync(host);
        await using var page = await browser.OpenAsync(host.Address, "/web/commands?status=uncertain");
        await page.Page.Locator("#commands tbody a").First.ClickAsync();
        await page.Page.WaitForURLAsync("**/web/commands/cmd_*");
        await page.AssertSoundAsync("command-uncertain");

        agent.OnCall = (_, _) => Task.FromResult("said");
        await page.FollowAsync("button:has-text('Send again')");
        Assert.Contains("It may have been carried out already", await page.TextAsync(), StringComparison.Ordinal);
        await page.FollowAsync("main >> text=Yes");
        await page.Page.Locator("#command .badge:has-text('succeeded')").WaitForAsync();

        Assert.Contains("said", await page.Page.Locator("#answer").InnerTextAsync(), StringComparison.Ordinal);
        await page.AssertSoundAsync("command-succeeded");
    }

    [Fact]
    public async Task Commands_are_found_by_status_agent_name_and_time()
    {
        await using var host = await StartAsync();
        await TroubleAsync(host);
        using var client = host.Host.Client();
        async Task<int> CountAsync(string query) => (await client.GetStringAsync("/web/commands?" + query)).Split("href=\"/web/commands/cmd_").Length - 1;

        Assert.Equal(2, await CountAsync("status=uncertain"));
        Assert.Equal(2, await CountAsync("agent=test-agent&name=say"));
        Assert.Equal(0, await CountAsync("name=other"));
        Assert.Equal(0, await CountAsync("until=2001-01-01T00:00"));
        Assert.Equal(2, await CountAsync("since=2001-01-01T00:00"));
        Assert.Equal(0, await CountAsync("since=2201-01-01T00:00"));
        using var refused = await client.GetAsync("/web/commands?since=yesterday");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task Pages_of_commands_follow_each_other_without_gap_or_double()
    {
        await using var host = await StartAsync();
        for (var i = 0; i < 60; i++)
        {
            await host.Get<CommandDispatcher>().SendAsync(new Command { Agent = "test-agent", Name = "look", Source = "test", Payload = """{"text":"x"}"""u8.ToArray() }, CancellationToken.None);
        }

        await using var page = await browser.OpenAsync(host.Address, "/web/commands", new() { JavaScriptEnabled = false });
        var first = await page.Page.EvalOnSelectorAllAsync<string[]>("#commands tbody a[href*=cmd_]", "links => links.map(link => link.href)");
        await page.FollowAsync("text=Older");
        var second = await page.Page.EvalOnSelectorAllAsync<string[]>("#commands tbody a[href*=cmd_]", "links => links.map(link => link.href)");

        Assert.Equal((50, 10, 60), (first.Length, second.Length, first.Union(second).Count()));
    }

    [Fact]
    public async Task Failures_with_one_cause_stand_together_and_are_dismissed_together()
    {
        await using var host = await StartAsync();
        await TroubleAsync(host);
        await using var page = await browser.OpenAsync(host.Address, "/web/failures");

        Assert.Contains("3 runs of failing", (await page.TextAsync()).ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal(2, await page.Page.Locator("#failures > section").CountAsync());
        await page.FollowAsync("button:has-text('Dismiss all 3')");
        Assert.Contains("Dismiss 3 runs of workflow failing?", await page.TextAsync(), StringComparison.Ordinal);
        await host.PublishAsync(1, type: "bad");
        await Eventually.HoldsAsync(() => Dead(host).Runs == 4);
        await page.FollowAsync("main >> text=Yes");

        Assert.Equal("3 runs dismissed.", await page.Page.Locator(".notice").InnerTextAsync());
        Assert.Equal(1, Dead(host).Runs);
        await page.AssertSoundAsync("failures-dismissed");
    }

    [Fact]
    public async Task A_failure_that_was_ticked_is_tried_again_and_fails_again()
    {
        await using var host = await StartAsync();
        await TroubleAsync(host);
        await using var page = await browser.OpenAsync(host.Address, "/web/failures");

        // By its name: which of the causes is the newest is chance.
        var cause = page.Page.Locator("#failures > section:has-text('3 runs of')");
        await cause.Locator("summary").ClickAsync();
        await cause.Locator("input[type=checkbox]").First.CheckAsync();
        await page.FollowAsync(cause.Locator("button:has-text('Retry selected')"));
        await page.FollowAsync("main >> text=Yes");

        Assert.Equal("1 run will be tried again.", await page.Page.Locator(".notice").InnerTextAsync());
        await Eventually.HoldsAsync(() => host.Journal.Reader.Runs(consumer: null, RunOutcome.Failed, long.MaxValue, 10).Runs.Count == 4);
        Assert.Equal(3, Dead(host).Runs);
    }

    [Fact]
    public async Task Many_failures_are_retried_a_part_at_a_time_and_the_rest_is_told()
    {
        await using var host = await StartAsync();
        await host.PublishAsync(FailureRoutes.MaxAtOnce + 20, type: "bad");
        await Eventually.HoldsAsync(() => Dead(host).Runs == FailureRoutes.MaxAtOnce + 20);
        await using var page = await browser.OpenAsync(host.Address, "/web/failures");

        await page.FollowAsync("button:has-text('Dismiss all 520')");
        await page.FollowAsync("main >> text=Yes");

        Assert.Equal("500 of 520 dismissed: press again for more.", await page.Page.Locator(".notice").InnerTextAsync());
        Assert.Equal(20, Dead(host).Runs);
    }

    [Fact]
    public async Task All_failures_of_a_cause_can_be_looked_at_page_by_page()
    {
        await using var host = await StartAsync();
        await host.PublishAsync(70, type: "bad");
        await Eventually.HoldsAsync(() => Dead(host).Runs == 70);
        await using var page = await browser.OpenAsync(host.Address, "/web/failures", new() { JavaScriptEnabled = false });
        Task<string[]> MembersAsync() => page.Page.EvalOnSelectorAllAsync<string[]>("input[type=checkbox]", "boxes => boxes.map(box => box.value)");

        Assert.Equal(10, (await MembersAsync()).Length);
        await page.Page.ClickAsync("summary:has-text('10 of 70')");
        await page.FollowAsync("text=All 70 of them");
        var first = await MembersAsync();
        await page.FollowAsync("text=Older");
        var second = await MembersAsync();
        Assert.Equal((50, 20, 70), (first.Length, second.Length, first.Union(second).Count()));
        Assert.Equal(0, await page.Page.Locator("text=Older").CountAsync());
        await page.AssertSoundAsync("failures-of-a-cause");
    }

    [Theory]
    [InlineData("GitHub said 422 for issue 17", "GitHub said # for issue #")]
    [InlineData("event evt_0123abc of 'lamp' is gone", "event … of '…' is gone")]
    [InlineData("failing.lua:12: nil value (field 'x')", "failing.lua:12: nil value (field '…')")]
    [InlineData("run 4f2504e0-4f89-11d3-9a0c-0305e82c3301 at 9d1f3aa0", "run … at …")]
    [InlineData("it's that it's bad", "it's that it's bad")]
    public void A_cause_is_the_message_without_what_changes(string message, string cause) => Assert.Equal(cause, Failures.Cause(message));

    [Fact]
    public async Task Settings_show_where_each_comes_from_and_no_secret()
    {
        await using var host = await StartAsync();
        host.Tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch);
        await using var page = await browser.OpenAsync(host.Address, "/web/settings?find=webhooksecret");

        var row = await page.Page.Locator("#settings tr:has-text('GitHub:WebhookSecret')").InnerTextAsync();
        Assert.Contains("set, not shown", row, StringComparison.Ordinal);
        Assert.Contains("command line --GitHub:WebhookSecret", row, StringComparison.Ordinal);
        Assert.DoesNotContain(DashboardHost.Secret, await page.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await page.Page.Locator("#settings section").CountAsync());
        Assert.Contains("read: look only", await page.Page.Locator("#tokens").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_of_the_settings_says_what_came_of_it()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/settings");

        await page.FollowAsync("text=Reload settings");

        Assert.Equal("The settings were read again: nothing has changed.", await page.Page.Locator(".notice.good").InnerTextAsync());
    }

    [Fact]
    public async Task Settings_that_wait_for_a_restart_are_named_and_marked()
    {
        await using var host = await StartAsync();
        host.Root.Write("appsettings.json", """{ "Workflows": { "MaxEffects": 20 }, "Agents": { "FirstPause": "00:00:02" } }""");
        await using var page = await browser.OpenAsync(host.Address, "/web/settings");
        await page.FollowAsync("text=Reload settings");

        Assert.Contains(
            "1 setting was changed and takes effect when Sekia is started anew: Workflows:MaxEffects.", await page.Page.Locator("#settings > .notice").InnerTextAsync(), StringComparison.Ordinal);
        await page.AssertSoundAsync("settings-pending");
        await page.GoAsync("/web/settings?which=pending");
        var row = await page.Page.Locator("#settings tbody tr").InnerTextAsync();
        Assert.Contains("Workflows:MaxEffects", row, StringComparison.Ordinal);
        Assert.Contains("10000", row, StringComparison.Ordinal);
        Assert.Contains("as at the start", row, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("commands?status=failed")]
    [InlineData("failures")]
    [InlineData("settings")]
    public async Task Whoever_may_only_read_sees_no_buttons_that_act(string path)
    {
        await using var host = await StartAsync();
        await TroubleAsync(host);
        var token = host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch);
        using var client = host.Host.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);

        var text = await client.GetStringAsync($"/web/{path}");

        Assert.DoesNotContain("method=\"post\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("type=\"checkbox\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("commands", "No command has been asked for yet")]
    [InlineData("failures", "Nothing waits for a decision")]
    [InlineData("settings?find=nosuchsetting", "sekia config show")]
    public async Task An_empty_page_says_what_to_do_next(string path, string text)
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, $"/web/{path}");

        Assert.Contains(text, await page.TextAsync(), StringComparison.Ordinal);
        await page.AssertSoundAsync($"empty-{path.Split('?')[0]}");
    }

    private static (long Runs, long Failed, long Uncertain) Dead(DashboardHost host) => host.Journal.Reader.CountDead(10_000);

    private static Task<DashboardHost> StartAsync() => DashboardHost.StartAsync(s_scripts, modules: [new AgentModule()]);

    /// <summary>Three failed runs of one cause, and two uncertain commands.</summary>
    private static async Task<TestAgent> TroubleAsync(DashboardHost host)
    {
        var agent = host.Get<TestAgent>();
        agent.OnCall = (_, _) => throw new IOException("connection reset");
        for (var number = 1; number <= 3; number++)
        {
            await host.PublishAsync(1, type: "bad", payload: $$"""{"number":{{number}}}""");
        }

        for (var i = 0; i < 2; i++)
        {
            await host.Get<CommandDispatcher>().SendAsync(new Command { Agent = "test-agent", Name = "say", Source = "test", Payload = """{"text":"<b>hello</b>"}"""u8.ToArray() }, CancellationToken.None);
        }

        await Eventually.HoldsAsync(() => Dead(host) == (3, 0, 2));
        return agent;
    }

    private sealed class AgentModule : IModule
    {
        public string Name => "TestAgent";

        public void AddServices(IServiceCollection services, IConfigurationSection section)
        {
            var options = new AgentOptions();
            services.AddSingleton(new TestAgent());
            services.AddSingleton(provider => new AgentInstance(provider.GetRequiredService<TestAgent>(), () => options));
        }
    }
}
