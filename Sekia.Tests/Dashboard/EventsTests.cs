using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Sekia.Modules.Hosting.Access;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;
using Xunit.Abstractions;

namespace Sekia.Tests.Dashboard;

/// <summary>The list of events: live, filtered, page by page.</summary>
[Collection(BrowserTests.Name)]
public sealed class EventsTests(Browser browser, ITestOutputHelper output)
{
    public static TheoryData<string, ColorScheme, int> Looks => new()
    {
        { "light", ColorScheme.Light, 1280 },
        { "dark", ColorScheme.Dark, 1280 },
        { "phone", ColorScheme.Light, 390 },
    };

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task The_list_and_an_event_are_sound_and_open_to_everyone(string name, ColorScheme colors, int width)
    {
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string>
        {
            ["labeller"] = DashboardHost.Labeller,
            ["mirror"] = """sekia.on("sekia.events.github", function(event) sekia.log("info", "seen") sekia.publish("sekia.events.mirror", "seen", event.payload) end)""",
            ["broken"] = """sekia.on("sekia.events.github", function(event) error("that was bad") end)""",
            ["idle"] = """sekia.on("sekia.events.github", { type = "other" }, function(event) end)""",
        });
        await host.DeliverAsync();
        await host.PublishAsync(60);
        await using var page = await browser.OpenAsync(
            host.Address, "/web/events?source=github", new() { ColorScheme = colors, ViewportSize = new() { Width = width, Height = 800 }, BypassCSP = true });
        await page.Page.Locator("#o1 .badge:has-text('failed')").WaitForAsync();
        await page.AssertSoundAsync($"events-{name}");
        Assert.Empty(await page.AccessibilityFaultsAsync());

        await page.Page.ClickAsync("#e1 a");
        await page.Page.Locator("#why .badge:has-text('dry run')").WaitForAsync();
        await page.Page.ClickAsync("#command-1 summary");
        Assert.Contains("that was bad", await page.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("none to its type: idle", await page.TextAsync(), StringComparison.Ordinal);
        await page.AssertSoundAsync($"event-{name}");
        Assert.Empty(await page.AccessibilityFaultsAsync());
    }

    [Fact]
    public async Task A_signed_delivery_appears_within_a_second_and_on_its_page_the_dry_run_of_its_command_within_two()
    {
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string> { ["labeller"] = DashboardHost.Labeller });
        await using var page = await browser.OpenAsync(host.Address, "/web/events");
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();
        await page.Page.EvaluateAsync("() => { window.notReloaded = true; }");

        var since = Stopwatch.StartNew();
        await host.DeliverAsync();
        await page.Page.Locator("#e1:has-text('github.issue.opened')").WaitForAsync();
        output.WriteLine($"the event after {since.ElapsedMilliseconds} ms");
        await page.Page.Locator("#o1:has-text('1 command')").WaitForAsync();
        output.WriteLine($"its outcome after {since.ElapsedMilliseconds} ms");
        Assert.True(await page.Page.EvaluateAsync<bool>("() => window.notReloaded"));
        await page.Page.ClickAsync("#e1 a");
        await page.Page.Locator("#why .badge:has-text('dry run')").WaitForAsync();
        output.WriteLine($"on its page the dry run after {since.ElapsedMilliseconds} ms");
        await page.AssertSoundAsync("event-delivery");
    }

    [Fact]
    public async Task The_page_of_an_event_follows_what_still_waits()
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await DashboardHost.StartAsync(
            new Dictionary<string, string> { ["asker"] = """sekia.on("sekia.events.test", function(event) sekia.command("test-agent", "say", { text = "hello" }) end)""" },
            settings: ["Agents:DryRun=false"],
            modules: [new TestAgentModule(new TestAgent { OnCall = (_, _) => answer.Task })]);
        var id = (await host.PublishAsync(1))[0].Id;
        await using var page = await browser.OpenAsync(host.Address, $"/web/events/{id}");
        await page.Page.Locator("#why .badge:has-text('running')").WaitForAsync();

        answer.SetResult("said at last");
        await page.Page.Locator("#why .badge:has-text('succeeded')").WaitForAsync();

        Assert.Null(await page.Page.Locator("#why").GetAttributeAsync("data-live"));
        await page.Page.ClickAsync("#command-1 summary");
        Assert.Contains("said at last", await page.TextAsync(), StringComparison.Ordinal);
        Assert.Empty(page.Faults);
    }

    [Fact]
    public async Task Filters_show_what_matches_and_say_when_nothing_does()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(2, type: "a", source: "one");
        await host.PublishAsync(3, type: "b", source: "one");
        await host.PublishAsync(4, type: "b", source: "two");

        Assert.Equal((5, 7, 3, 4, 9), (
            (await RowsAsync(host, "?subject=sekia.events.one")).Count,
            (await RowsAsync(host, "?type=b")).Count,
            (await RowsAsync(host, "?type=b&source=one")).Count,
            (await RowsAsync(host, "?subject=*.*.two")).Count,
            (await RowsAsync(host, "?subject=sekia.>&from=2000-01-01T00:00")).Count));
        Assert.Equal((0, 9), ((await RowsAsync(host, "?to=2000-01-01T00:00")).Count, (await RowsAsync(host, "?to=2999-01-01T00:00")).Count));
        using var client = host.Host.Client();
        Assert.Contains("No event matches.", await client.GetStringAsync("/web/events?type=c"), StringComparison.Ordinal);
        using var malformed = await client.GetAsync("/web/events?subject=a..b");
        using var unknown = await client.GetAsync("/web/events?from=yesterday");
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (malformed.StatusCode, unknown.StatusCode));
        Assert.Contains("must be a time such as", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_passes_the_filter_comes_in_by_itself()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/events?type=b");
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();

        await host.PublishAsync(1, type: "a");
        await host.PublishAsync(1, type: "b");
        await page.Page.Locator("#e2").WaitForAsync();

        Assert.Equal(["e2"], await IdsAsync(page));
        Assert.Equal(0, await page.Page.Locator("text=No event matches").CountAsync());
    }

    [Fact]
    public async Task Pages_follow_each_other_there_and_back_without_gap_or_double_while_events_come_in()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(120, type: "a");
        await using var page = await browser.OpenAsync(host.Address, "/web/events?type=a");
        var seen = new List<string>(await IdsAsync(page));
        foreach (var _ in Enumerable.Range(0, 2))
        {
            await host.PublishAsync(30, type: "a");
            await page.Page.ClickAsync("text=Older");
            seen.AddRange(await IdsAsync(page));
        }

        Assert.Equal(Enumerable.Range(1, 120).Reverse().Select(seq => $"e{seq}"), seen);
        Assert.Equal(0, await page.Page.Locator("text=Older").CountAsync());

        var back = new List<string>(await IdsAsync(page));
        for (var i = 0; i < 4; i++)
        {
            await page.Page.ClickAsync("text='Newer'");
            back.InsertRange(0, (await IdsAsync(page)).Except(back));
        }

        Assert.Equal(Enumerable.Range(1, 180).Reverse().Select(seq => $"e{seq}"), back);
        Assert.Equal(1, await page.Page.Locator("#events[data-rows]").CountAsync());
        await page.AssertSoundAsync("events-paged");
    }

    [Fact]
    public async Task A_restart_of_the_host_leaves_neither_gap_nor_double()
    {
        using var root = new TemporaryFolder();
        var listen = $"Host:Listen=127.0.0.1:{LiveTests.FreePort()}";
        await using var first = await RunningSekia.StartAsync(root, listen);
        await using var page = await browser.OpenAsync(first.Client.BaseAddress!, "/web/events");
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();
        await LiveTests.PublishAsync(first, 2);
        await page.Page.Locator("#e2").WaitForAsync();

        first.Kill();
        await page.Page.Locator("#live[data-state=reconnecting]").WaitForAsync();
        await using var second = await RunningSekia.StartAsync(root, listen);
        await LiveTests.PublishAsync(second, 2);
        await page.Page.Locator("#e4").WaitForAsync();

        Assert.Equal(["e4", "e3", "e2", "e1"], await IdsAsync(page));
    }

    [Fact]
    public async Task Who_may_only_read_sees_no_buttons()
    {
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string> { ["labeller"] = DashboardHost.Labeller });
        await host.DeliverAsync();
        using var client = host.Host.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch));

        var list = await client.GetStringAsync("/web/events");
        var page = await client.GetStringAsync(Regex.Match(list, "/web/events/evt_[^\"]+").Value);

        Assert.Contains("github.issue.opened", page, StringComparison.Ordinal);
        Assert.DoesNotContain("method=\"post\"", list + page, StringComparison.Ordinal);
    }

    internal static async Task<List<string>> RowsAsync(DashboardHost host, string query)
    {
        using var client = host.Host.Client();
        return [.. Regex.Matches(await client.GetStringAsync("/web/events" + query), "<tr id=\"(e[0-9]+)\"").Select(match => match.Groups[1].Value)];
    }

    private static async Task<string[]> IdsAsync(DashboardPage page) =>
        await page.Page.EvalOnSelectorAllAsync<string[]>("main tbody tr", "rows => rows.map(row => row.id)");
}
