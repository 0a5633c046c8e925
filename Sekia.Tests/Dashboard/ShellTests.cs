using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Sekia.Tests.Support;

namespace Sekia.Tests.Dashboard;

/// <summary>What all pages have in common, in a real browser.</summary>
[Collection(BrowserTests.Name)]
public sealed class ShellTests(Browser browser)
{
    [Fact]
    public async Task A_page_obeys_its_own_policy_and_empty_it_is_open_to_everyone()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var page = await browser.OpenAsync(host.Address);
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();

        await page.AssertSoundAsync("overview-policy");
        Assert.Empty(await page.AccessibilityFaultsAsync());
        var policy = (await page.GoAsync("/web"))!.Headers["content-security-policy"];
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        await page.Page.EvaluateAsync("() => { const s = document.createElement('script'); s.textContent = 'window.got = 1'; document.body.append(s); }");
        Assert.Null(await page.Page.EvaluateAsync<int?>("() => window.got ?? null"));
    }

    [Fact]
    public async Task The_colors_chosen_are_remembered()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var page = await browser.OpenAsync(host.Address, options: new() { ColorScheme = ColorScheme.Light });

        await page.Page.ClickAsync("#theme");
        await page.GoAsync("/web");

        Assert.Equal("dark", await page.Page.EvaluateAsync<string>("() => document.documentElement.dataset.theme"));
        await page.AssertSoundAsync("overview-chosen-dark");
    }

    [Fact]
    public async Task Without_scripts_a_page_says_the_same()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var page = await browser.OpenAsync(host.Address, options: new() { JavaScriptEnabled = false });

        Assert.Contains("Overview", await page.TextAsync(), StringComparison.Ordinal);
        Assert.False(await page.Page.Locator("#theme").IsVisibleAsync());
        Assert.Equal("page", await page.Page.Locator("nav a:has-text('Overview')").GetAttributeAsync("aria-current"));
    }

    [Fact]
    public async Task With_the_keyboard_the_content_is_one_key_away()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var page = await browser.OpenAsync(host.Address);

        await page.Page.Keyboard.PressAsync("Tab");
        await page.Page.Keyboard.PressAsync("Enter");

        Assert.Equal("main", await page.Page.EvaluateAsync<string>("() => document.activeElement.id"));
    }

    [Fact]
    public async Task A_file_may_be_kept_for_good_under_its_address_and_is_asked_about_under_any_other()
    {
        await using var host = await DashboardHost.StartAsync();
        using var client = host.Host.Client();
        var page = await client.GetStringAsync("/web");
        foreach (var address in Regex.Matches(page, "\"(/web/static/[^\"]+)\"").Select(match => match.Groups[1].Value).Distinct())
        {
            using var named = await client.GetAsync(address);
            using var plain = await client.GetAsync(address.Split('?')[0]);
            using var again = new HttpRequestMessage(HttpMethod.Get, address.Split('?')[0]);
            again.Headers.IfNoneMatch.Add(plain.Headers.ETag!);
            using var unchanged = await client.SendAsync(again);

            Assert.Contains("immutable", named.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            Assert.True(plain.Headers.CacheControl!.NoCache);
            Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        }

        using var none = await client.GetAsync("/web/static/none.js");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_page_that_is_not_there_says_so_and_the_way_on()
    {
        await using var host = await DashboardHost.StartAsync();
        using var client = host.Host.Client();

        using var answer = await client.GetAsync("/web/nothing");
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal((HttpStatusCode.NotFound, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Contains("There is no page /web/nothing.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_it_is_switched_off_there_is_nothing_of_it()
    {
        using var root = new TemporaryFolder();
        await using var host = await DashboardHost.StartAsync(settings: ["Dashboard:Enabled=false"]);
        using var client = host.Host.Client();

        using var home = await client.GetAsync("/");
        using var page = await client.GetAsync("/web");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (home.StatusCode, page.StatusCode));
    }
}
