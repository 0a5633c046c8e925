using System.Net;
using Sekia.Modules.Dashboard.Pages;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Dashboard;

/// <summary>The search of the text of events.</summary>
[Collection(BrowserTests.Name)]
public sealed class EventSearchTests(Browser browser)
{
    // Nearly the text at each of its characters: looking for it takes seconds.
    private static readonly string s_absent = new string('z', 150) + "a";
    private static readonly string s_tedious = $$"""{"text":"{{new string('z', 100_000)}}"}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hits_are_shown_as_they_are_found_and_the_end_says_how_far_it_went(bool scripts)
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(1, payload: """{"text":"the Needle"}""");
        await host.PublishAsync(3000);
        await host.PublishAsync(1, type: "needle.found");
        await using var page = await browser.OpenAsync(host.Address, "/web/events", new() { JavaScriptEnabled = scripts, BypassCSP = true });

        await page.Page.FillAsync("input[name=q]", "needle");
        await page.Page.ClickAsync("text=Show");
        await page.Page.Locator("#search-end").WaitForAsync();

        Assert.Equal(["e3002", "e1"], await RowsAsync(page));
        Assert.Contains("2 hits; all events that pass the filter were searched.", await page.TextAsync(), StringComparison.Ordinal);
        Assert.False(await page.Page.Locator("[data-stop]").IsVisibleAsync());
        await page.AssertSoundAsync($"search-{scripts}");
        if (scripts)
        {
            Assert.Empty(await page.AccessibilityFaultsAsync());
        }
    }

    [Fact]
    public async Task A_full_page_of_hits_goes_on_where_it_ended()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(120, payload: """{"text":"needle"}""");
        await using var page = await browser.OpenAsync(host.Address, "/web/events?q=needle");
        var seen = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            await page.Page.Locator("#search-end").WaitForAsync();
            seen.AddRange(await RowsAsync(page));
            if (i < 2)
            {
                await page.FollowAsync("text=Search on");
            }
        }

        Assert.Equal(Enumerable.Range(1, 120).Reverse().Select(seq => $"e{seq}"), seen);
        Assert.Empty(page.Faults);
    }

    [Fact]
    public async Task More_than_two_at_a_time_are_refused_and_one_that_is_left_ends()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(1000, payload: s_tedious);
        var searches = host.Get<TextSearches>();
        using var client = host.Host.Client();
        var left = new List<HttpResponseMessage>();
        for (var i = 0; i < TextSearches.MostAtATime; i++)
        {
            left.Add(await client.GetAsync("/web/events?q=" + s_absent, HttpCompletionOption.ResponseHeadersRead));
        }

        using var refused = await client.GetAsync("/web/events?q=needle");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("searches under way already", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        left.ForEach(answer => answer.Dispose());
        await Eventually.HoldsAsync(() => searches.UnderWay == 0);
        using var served = await client.GetAsync("/web/events?q=needle");
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Fact]
    public async Task The_stop_button_ends_the_search_on_the_server_too()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(1000, payload: s_tedious);
        await using var page = await browser.OpenAsync(host.Address, "/web/events");
        var searches = host.Get<TextSearches>();
        await page.Page.EvaluateAsync("text => { location.href = '/web/events?q=' + text; }", s_absent);
        await page.Page.Locator("[data-stop]").ClickAsync();
        await page.Page.Locator("text=Stopped.").WaitForAsync();

        await Eventually.HoldsAsync(() => searches.UnderWay == 0);
        Assert.Equal(0, await page.Page.Locator("#search-end").CountAsync());
    }

    [Theory]
    [InlineData("NEEDLE", """{"a":"xneedle"}""", true)]
    [InlineData("say \"hi\"", """{"a":"say \"hi\""}""", true)]
    [InlineData("grün", """{"a":"gr\u00fcn"}""", true)]
    [InlineData("grün", """{"a":"grün"}""", true)]
    [InlineData("needles", """{"a":"needle"}""", false)]
    [InlineData("aab", """{"a":"aaab"}""", true)]
    public void A_text_is_found_however_json_writes_it(string text, string json, bool found) =>
        Assert.Equal(found, new TextNeedle(text).IsIn(System.Text.Encoding.UTF8.GetBytes(json)));

    [Fact]
    public async Task A_search_obeys_the_other_filters_and_its_limits()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(2, type: "a", payload: """{"text":"needle"}""");
        await host.PublishAsync(2, type: "b", payload: """{"text":"needle"}""");
        using var client = host.Host.Client();

        Assert.Equal(["e2", "e1"], await EventsTests.RowsAsync(host, "?q=needle&type=a"));
        Assert.Equal(["e3"], await EventsTests.RowsAsync(host, "?q=needle&type=b&before=4"));
        using var tooLong = await client.GetAsync("/web/events?q=" + new string('x', 300));
        Assert.Equal(HttpStatusCode.BadRequest, tooLong.StatusCode);
    }

    private static async Task<string[]> RowsAsync(DashboardPage page) =>
        await page.Page.EvalOnSelectorAllAsync<string[]>("main tbody tr:not(.progress)", "rows => rows.map(row => row.id)");
}
