using System.Net;
using Microsoft.Playwright;
using Sekia.Tests.Support;

namespace Sekia.Tests.Dashboard;

/// <summary>The page that people open first.</summary>
[Collection(BrowserTests.Name)]
public sealed class OverviewTests(Browser browser)
{
    private static readonly Dictionary<string, string> s_scripts = new()
    {
        ["broken"] = "this is no Lua",
        ["astray"] = """sekia.on("sekia.events.test", { type = "odd" }, function(event) sekia.command("nobody", "say", { text = "x" }) end)""",
        ["failing"] = """sekia.on("sekia.events.test", { type = "bad" }, function(event) error("that was bad") end)""",
        ["mirror"] = """sekia.on("sekia.events.test", function(event) sekia.publish("sekia.events.mirror", "seen", event.payload) end)""",
    };

    [Fact]
    public async Task What_needs_attention_comes_first_with_the_way_to_it()
    {
        await using var host = await DashboardHost.StartAsync(s_scripts);
        await host.PublishAsync(3, type: "bad");
        await host.PublishAsync(1, type: "odd");
        await host.PublishAsync(1, type: "<img src=x onerror=alert(1)>", payload: $$"""{"text":"\u202Eevil<script>alert(1)</script>{{new string('x', 100_000)}}"}""");
        await using var page = await browser.OpenAsync(host.Address);

        await page.Page.Locator("#attention a[href='/web/failures']:has-text('3 runs failed')").WaitForAsync();
        await page.Page.Locator("#attention a[href='/web/workflows/broken']").WaitForAsync();
        await page.Page.Locator("#attention a[href='/web/commands?status=pending&agent=nobody']:has-text(\"1 command waits for 'nobody', and there is no agent of this name.\")").WaitForAsync();
        await page.Page.Locator("#flow .flow.bad").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Page.Locator("#newest td:has-text('<img src=x')").WaitForAsync();

        Assert.DoesNotContain("\u202E", await page.TextAsync(), StringComparison.Ordinal);
        await page.AssertSoundAsync("overview-attention");
        await page.FollowAsync("#attention a[href*='agent=nobody']");
        await page.FollowAsync("#commands tbody a.name >> nth=0");
        Assert.Contains("It waits, for there is no agent 'nobody'; the agents are ", await page.Page.Locator("#command .reason").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await page.Page.Locator("#command a[href='/web/agents/nobody']").CountAsync());
        await page.AssertSoundAsync("command-for-nobody");
    }

    [Fact]
    public async Task A_house_without_events_says_how_to_get_one()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var page = await browser.OpenAsync(host.Address);
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();

        var example = page.Page.Locator("[data-until-rows] pre");
        Assert.StartsWith($"curl -s {host.Address.ToString().TrimEnd('/')}/api/v1/events", await example.InnerTextAsync(), StringComparison.Ordinal);
        await host.PublishAsync(1);
        await page.Page.Locator("#e1").WaitForAsync();
        Assert.Equal(0, await example.CountAsync());
        await page.AssertSoundAsync("overview-first-event");
    }

    [Theory]
    [InlineData("status", "Delivered")]
    [InlineData("agents", "github-agent")]
    [InlineData("workflows", "mirror")]
    public async Task A_part_can_be_had_alone(string part, string text)
    {
        await using var host = await DashboardHost.StartAsync(s_scripts);
        using var client = host.Host.Client();

        using var answer = await client.GetAsync($"/web/partials/{part}");
        var html = await answer.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(text, html, StringComparison.Ordinal);
        Assert.DoesNotContain("<html", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_restart_the_last_hour_is_still_there()
    {
        using var root = new TemporaryFolder();
        Directory.CreateDirectory(root.File("workflows"));
        await File.WriteAllTextAsync(root.File("workflows/mirror.lua"), s_scripts["mirror"]);
        await using (var first = await RunningSekia.StartAsync(root))
        {
            using var answer = await first.Client.PostAsync("/api/v1/events", new StringContent("""{"type":"t","source":"test"}"""));
            await Eventually.GetAsync(async () => (await first.GetAsync("/api/v1/runs"))["runs"]!.AsArray().Count == 1 ? "" : null, () => "the run");
            first.Kill();
        }

        await using var second = await RunningSekia.StartAsync(root);
        var page = await second.Client.GetStringAsync("/web");

        Assert.Contains("test to mirror: 1 event", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_workflows_there_is_a_dashboard_too()
    {
        await using var host = new SekiaHost(new Dictionary<string, string> { ["Workflows:Enabled"] = "false" });
        using var client = host.CreateClient();

        Assert.Contains("Needs attention", await client.GetStringAsync("/web"), StringComparison.Ordinal);
    }
}
