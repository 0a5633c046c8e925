using System.Globalization;
using Microsoft.Playwright;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Dashboard;

/// <summary>The pages of the workflows.</summary>
[Collection(BrowserTests.Name)]
public sealed class WorkflowPagesTests(Browser browser)
{
    private const string Hostile = "<img src=x onerror=alert(1)>\u202Eevil";

    private const string Failing = """
        -- Fails on purpose: <script>alert(1)</script> "quoted" [[long
        local words = { "one", 'two', [==[three ]] ]==], 4.5 }
        sekia.on("sekia.events.test", { type = "bad" }, function(event)
          sekia.state.set("<b>key</b>", { html = "<img src=x onerror=alert(1)>", list = { 1, 2, 3 } })
          sekia.log("info", "never recorded")
          error("that was <b>bad</b>")
        end)
        sekia.on("sekia.events.test", { type = "good" }, function(event)
          sekia.state.set("<b>key</b>", { html = "<img src=x onerror=alert(1)>", list = { 1, 2, 3 } })
          sekia.state.set("long", ("x"):rep(10000))
          sekia.publish("sekia.events.out", "seen", {})
        end)
        sekia.schedule("0 9 * * 1-5", { timezone = "Europe/Berlin", missed = "once" }, function() end)
        """;

    private static readonly Dictionary<string, string> s_scripts = new() { ["broken"] = "sekia.log('info', 'x')\nthis is no Lua", ["failing"] = Failing };

    [Fact]
    public async Task The_list_and_one_workflow_tell_what_they_do_and_what_went_wrong()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows");

        await page.Page.Locator("#workflows tr:has-text('broken'):has-text('refused') a:has-text('Line 2')").WaitForAsync();
        await page.Page.Locator("#workflows tr:has-text('failing'):has-text('that was <b>bad</b>')").WaitForAsync();

        await page.GoAsync("/web/workflows/failing");
        await page.Page.Locator("#L6.line.bad .fault:has-text('that was <b>bad</b>')").WaitForAsync();
        await page.Page.Locator("#runs tr:has-text('failed') a[href^='/web/events/evt_']").First.WaitForAsync();
        await page.Page.Locator("#kept tr:has-text('<b>key</b>') pre:has-text('<img src=x')").WaitForAsync();
        await page.Page.Locator("#kept tr:has-text('10,002 bytes in all')").WaitForAsync();
        var due = await page.Page.Locator("#handlers li:has-text('0 9 * * 1-5 (Europe/Berlin), once afterwards') time").GetAttributeAsync("datetime");
        Assert.InRange(DateTimeOffset.Parse(due!, CultureInfo.InvariantCulture), TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(4));
        await page.AssertSoundAsync("workflow-failing");
        Assert.Empty(await page.AccessibilityFaultsAsync());
    }

    [Fact]
    public async Task A_house_without_workflows_says_how_to_write_the_first_and_the_page_shows_it_when_it_is_there()
    {
        await using var host = await DashboardHost.StartAsync(settings: ["Workflows:HotReload=false"]);
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows");

        var example = await page.Page.Locator(".empty pre").First.InnerTextAsync();
        var script = string.Join('\n', example.Split('\n')[1..^1]);
        await page.AssertSoundAsync("workflows-empty");
        await File.WriteAllTextAsync(host.Root.File("workflows/first.lua"), script);
        await page.FollowAsync("text=Reload");

        Assert.Equal("Loaded: first.", await page.Page.Locator(".notice").InnerTextAsync());
        await page.Page.Locator("#workflows a:has-text('first')").WaitForAsync();
    }

    [Fact]
    public async Task Reload_tells_what_was_refused_and_the_last_good_version_goes_on()
    {
        await using var host = await StartAsync();
        await File.WriteAllTextAsync(host.Root.File("workflows/failing.lua"), "-- changed\nsekia.on(1)");
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows");

        await page.FollowAsync("text=Reload");
        Assert.Contains("failing (failing.lua:2:", await page.Page.Locator(".notice.bad").InnerTextAsync(), StringComparison.Ordinal);
        await page.GoAsync("/web/workflows/failing");

        await page.Page.Locator("#state .badge:has-text('degraded')").WaitForAsync();
        await page.Page.Locator("#L3:has-text('sekia.on')").WaitForAsync();
        await page.Page.Locator("#file #F2.line.bad").WaitForAsync();
        await page.AssertSoundAsync("workflow-degraded");
        await page.GoAsync("/web/workflows/broken");
        await page.Page.Locator("#F2.line.bad").WaitForAsync();
        await page.AssertSoundAsync("workflow-refused");
    }

    [Fact]
    public async Task It_is_switched_off_and_on_again()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows/failing");

        await page.Page.ClickAsync("text=Disable");
        await page.Page.Locator(".notice:has-text('failing is off')").WaitForAsync();
        await host.PublishAsync(2, type: "good");
        await page.Page.Locator("#state:has-text('2 events wait for it')").WaitForAsync();
        await page.AssertSoundAsync("workflow-disabled");
        await page.Page.ClickAsync("text=Enable");
        await page.Page.Locator(".notice:has-text('failing is on')").WaitForAsync();
        await page.Page.Locator("#state .badge:has-text('running')").WaitForAsync();
        await page.Page.Locator("#runs tr:has-text('ok')").Nth(2).WaitForAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Failures_are_retried_and_dismissed_each_and_all(bool scripts)
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows/failing", new() { JavaScriptEnabled = scripts });
        var yes = scripts ? "dialog >> text=Yes" : "main >> text=Yes";

        // With scripts the question is a dialog of this page, without them a page of its own.
        Task AskAsync(ILocator button) => scripts ? button.ClickAsync() : page.FollowAsync(button);

        await AskAsync(page.Page.Locator("#failures tbody").GetByText("Dismiss", new() { Exact = true }).First);
        await page.FollowAsync(yes);
        Assert.Equal("1 failure dismissed.", await page.Page.Locator(".notice").InnerTextAsync());
        await page.FollowAsync(page.Page.Locator("#failures tbody").GetByText("Retry", new() { Exact = true }).First);
        Assert.Equal("1 run will be executed again.", await page.Page.Locator(".notice").InnerTextAsync());
        await Eventually.HoldsAsync(() => host.Get<Modules.Api.WorkflowsApi>().List().Workflows.Single().Waiting == 0);
        await page.Page.ReloadAsync();
        await AskAsync(page.Page.Locator("text=Dismiss all").First);
        await page.FollowAsync(yes);
        Assert.Equal("2 failures dismissed.", await page.Page.Locator(".notice").InnerTextAsync());

        Assert.Equal(0, await page.Page.Locator("#failures").CountAsync());
    }

    [Fact]
    public async Task A_retry_that_is_pressed_twice_is_one_wish_and_one_run_for_each_failure()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows/failing");

        // Switched off, so that the first wish still waits when the second comes.
        await page.FollowAsync("text=Disable");
        foreach (var told in new[] { "3 runs will be executed again.", "Nothing new: what failed here is being executed again already." })
        {
            await page.FollowAsync("text=Retry all");
            Assert.Equal(told, await page.Page.Locator(".notice").InnerTextAsync());
        }

        await page.GoAsync("/web/failures");
        await page.FollowAsync("text=Retry all 3");
        await page.FollowAsync("main >> text=Yes");
        Assert.Equal("Nothing new: these runs are being tried again already.", await page.Page.Locator(".notice").InnerTextAsync());
        Assert.Equal(8, host.Journal.Tallies.Events);
        await page.GoAsync("/web/workflows/failing");
        await page.Page.ClickAsync("text=Enable");
        await Eventually.HoldsAsync(() => host.Get<Modules.Api.WorkflowsApi>().List().Workflows.Single().Waiting == 0);

        Assert.Equal(6, host.Journal.Reader.Runs(consumer: null, RunOutcome.Failed, long.MaxValue, 100).Runs.Count);
        Assert.Equal(3, host.Journal.Reader.CountDead(100).Runs);
    }

    [Fact]
    public async Task A_retry_of_a_workflow_whose_file_is_gone_is_refused_in_a_notice()
    {
        await using var host = await StartAsync();
        File.Delete(host.Root.File("workflows/failing.lua"));
        await host.Get<Modules.Api.WorkflowsApi>().ReloadAsync(CancellationToken.None);
        await using var page = await browser.OpenAsync(host.Address, "/web/failures");

        await page.FollowAsync("text=Retry all 3");
        await page.FollowAsync("main >> text=Yes");

        Assert.Equal(
            "Workflow 'failing' has no file any more, so nothing of it can be tried again. Put failing.lua back, or dismiss the failure.", await page.Page.Locator(".notice.bad").InnerTextAsync());
        Assert.Equal(3, host.Journal.Reader.CountDead(100).Runs);
        await page.AssertSoundAsync("failures-lost-workflow");
    }

    [Fact]
    public async Task Runs_are_paged()
    {
        await using var host = await StartAsync();
        await host.PublishAsync(60, type: "good");
        await Eventually.HoldsAsync(() => host.Get<Modules.Api.WorkflowsApi>().List().Workflows.Single().Waiting == 0);
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows/failing");

        Assert.Equal(50, await page.Page.Locator("#runs tbody tr").CountAsync());
        await page.FollowAsync("text=Older");
        Assert.Equal(14, await page.Page.Locator("#runs tbody tr").CountAsync());
        await page.AssertSoundAsync("workflow-runs-older");
    }

    [Fact]
    public async Task Who_may_only_read_has_no_buttons()
    {
        await using var host = await StartAsync();
        var read = host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch);
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows/failing", new() { ExtraHTTPHeaders = [new("Authorization", "Bearer " + read)] });

        Assert.Equal(0, await page.Page.Locator("main form").CountAsync());
        await page.GoAsync("/web/workflows");
        Assert.Equal(0, await page.Page.Locator("main form").CountAsync());
    }

    [Fact]
    public async Task Hostile_sources_are_text()
    {
        var source = $"-- {Hostile}\nlocal x = '{Hostile}' {new string('[', 100_000)}";
        var long_ = "--" + new string('x', 300_000) + "\n" + string.Concat(Enumerable.Repeat("-- line\n", 5000));
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string> { ["hostile"] = source, ["long"] = long_ });
        await using var page = await browser.OpenAsync(host.Address, "/web/workflows/hostile");

        Assert.Contains(@"<img src=x onerror=alert(1)>\u202Eevil", await page.Page.Locator("#F1").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await page.Page.Locator("main img").CountAsync());
        await page.AssertSoundAsync("workflow-hostile");
        await page.GoAsync("/web/workflows/long");
        await page.Page.Locator("text=Only the first 1,000 lines are shown of 5,001.").WaitForAsync();
        await page.AssertSoundAsync("workflow-long");
    }

    /// <summary>A host with three failed runs and one that went well.</summary>
    private static async Task<DashboardHost> StartAsync()
    {
        var host = await DashboardHost.StartAsync(s_scripts, ["Workflows:HotReload=false"]);
        await host.PublishAsync(3, type: "bad");
        await host.PublishAsync(1, type: "good");
        await Eventually.HoldsAsync(() => host.Get<Modules.Api.WorkflowsApi>().List().Workflows.Single() is { Delivered: 4, Waiting: 0 });
        return host;
    }
}
