using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Sekia.Modules.Dashboard.Requests;

namespace Sekia.Tests.Dashboard;

/// <summary>What can be done with an event, and what an event cannot do to its page.</summary>
[Collection(BrowserTests.Name)]
public sealed class EventPageTests(Browser browser)
{
    public static TheoryData<string, string> HostilePayloads => new()
    {
        { "long", $$"""{"text":"{{new string('<', 1_000_000)}}"}""" },
        { "deep", string.Concat(Enumerable.Repeat("""{"a":""", 60)) + "1" + new string('}', 60) },
    };

    [Theory]
    [MemberData(nameof(HostilePayloads))]
    public async Task Whatever_a_payload_holds_is_text_and_the_page_stays_light(string name, string payload)
    {
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string>
        {
            ["echo"] = """sekia.on("sekia.events.test", function(event) for i = 1, 8 do sekia.publish("sekia.events.echo", event.type, event.payload) end sekia.log("info", event.type) end)""",
        });
        const string Type = "<b>bold</b>‮";
        var id = (await host.PublishAsync(1, Type, payload: payload))[0].Id;
        await using var page = await browser.OpenAsync(host.Address, $"/web/events/{id}", new() { ViewportSize = new() { Width = 390, Height = 800 } });
        await page.Page.Locator("#why .badge:has-text('ok')").WaitForAsync();

        await page.AssertSoundAsync($"event-hostile-{name}");
        Assert.Equal(0, await page.Page.Locator("main :is(script, b, img, style)").CountAsync());
        Assert.Null(await page.Page.EvaluateAsync<int?>("() => window.got ?? null"));
        Assert.DoesNotContain("\u202E", await page.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(name is "long", await page.Page.Locator("main >> text=See all of it").First.IsVisibleAsync());
        await AssertLightAsync(host, $"/web/events/{id}");
        await AssertLightAsync(host, "/web/events");
        await page.GoAsync("/web/events");
        await page.AssertSoundAsync($"events-hostile-{name}");
    }

    [Fact]
    public async Task A_payload_can_be_copied_and_all_of_a_long_one_seen()
    {
        await using var host = await DashboardHost.StartAsync();
        var id = (await host.PublishAsync(1, payload: $$"""{"text":"{{new string('x', 50_000)}}end"}"""))[0].Id;
        await using var page = await browser.OpenAsync(host.Address, $"/web/events/{id}", new() { Permissions = ["clipboard-read", "clipboard-write"] });

        await page.Page.ClickAsync("text='Copy'");
        await page.Page.Locator("text='Copied'").WaitForAsync();
        Assert.StartsWith("{\n  \"text\": \"xxx", await page.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()"), StringComparison.Ordinal);
        await page.FollowAsync("text=See all of it");
        Assert.Contains("xxxend", await page.Page.ContentAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dry_replay_shows_what_would_be_done_and_does_nothing(bool scripts)
    {
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string>
        {
            ["labeller"] = DashboardHost.Labeller,
            ["failing"] = """sekia.on("sekia.events.github", function(event) error("that was bad") end)""",
            ["idle"] = """sekia.on("sekia.events.other", function(event) end)""",
        });
        await host.DeliverAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/events", new() { JavaScriptEnabled = scripts });
        await page.FollowAsync("#e1 a");

        await page.FollowAsync("text=Replay (dry)");
        var text = await page.TextAsync();

        Assert.Contains("would send add_label to github-agent", text, StringComparison.Ordinal);
        Assert.Contains("that was bad", text, StringComparison.Ordinal);
        Assert.Contains("No handler listens to its subject: idle", text, StringComparison.Ordinal);
        Assert.Equal(1, host.Journal.Tallies.Events);
        await page.AssertSoundAsync($"replay-{scripts}");
    }

    [Fact]
    public async Task Published_again_it_is_a_new_event_that_names_the_first_as_its_cause()
    {
        await using var host = await DashboardHost.StartAsync();
        var first = (await host.PublishAsync(1))[0].Id;
        await using var page = await browser.OpenAsync(host.Address, $"/web/events/{first}");

        await page.Page.ClickAsync("text=Publish again");
        await page.Page.ClickAsync("dialog >> text=Back");
        Assert.Equal(1, host.Journal.Head);
        await page.Page.ClickAsync("text=Publish again");
        await page.FollowAsync("dialog >> text=Yes");
        await page.FollowAsync(".notice a");

        Assert.Equal(2, host.Journal.Head);
        Assert.Contains("Follows from\ndeploy.started", await page.TextAsync(), StringComparison.Ordinal);
        await page.FollowAsync("dd a:has-text('deploy.started') >> nth=-1");
        Assert.EndsWith(first, page.Page.Url, StringComparison.Ordinal);
        await page.AssertSoundAsync("event-published-again");
    }

    [Fact]
    public async Task What_follows_from_what_follows_is_shown_three_deep_and_then_linked()
    {
        await using var host = await DashboardHost.StartAsync(new Dictionary<string, string>
        {
            ["ping"] = """sekia.on("sekia.events.*", { type = "pong" }, function(event) sekia.publish("sekia.events.wall", "ping") end)""",
            ["pong"] = """sekia.on("sekia.events.*", { type = "ping" }, function(event) sekia.publish("sekia.events.wall", "pong") end)""",
        });
        var id = (await host.PublishAsync(1, type: "ping"))[0].Id;
        await using var page = await browser.OpenAsync(host.Address, $"/web/events/{id}");

        await page.Page.Locator("#why p a[href^='/web/events/'] >> nth=2").WaitForAsync();
        Assert.Equal(["pong", "ping", "pong"], await page.Page.Locator("#why p a[href^='/web/events/']").AllInnerTextsAsync());
    }

    [Fact]
    public async Task An_event_that_is_not_there_says_so()
    {
        await using var host = await DashboardHost.StartAsync();
        using var client = host.Host.Client();

        using var page = await client.GetAsync("/web/events/evt_none");
        using var action = await client.PostAsync("/web/events/evt_none/replay", new FormUrlEncodedContent([]));

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.Forbidden), (page.StatusCode, action.StatusCode));
        Assert.Contains("There is no event &#x27;evt_none&#x27;", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_notice_leads_to_no_other_site()
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        new Notice("Done.", Path: "https://evil.example/web/").Put(context);
        context.Request.Headers.Cookie = Regex.Match(context.Response.Headers.SetCookie.ToString(), "^[^;]+").Value;

        Assert.Equal(new Notice("Done."), Notice.Take(context));
    }

    private static async Task AssertLightAsync(DashboardHost host, string path)
    {
        using var client = host.Host.Client();
        var page = await client.GetStringAsync(path);
        var bytes = Encoding.UTF8.GetByteCount(page);
        foreach (var address in Regex.Matches(page, "\"(/web/static/[^\"]+)\"").Select(match => match.Groups[1].Value).Distinct())
        {
            bytes += (await client.GetByteArrayAsync(address)).Length;
        }

        Assert.InRange(bytes, 1, 150 * 1024);
    }
}
