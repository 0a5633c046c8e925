using System.Text;

namespace Sekia.Tests.Dashboard;

/// <summary>What others have written is text on every page that shows it, and slows none of them.</summary>
[Collection(BrowserTests.Name)]
public sealed class HostilePagesTests(Browser browser)
{
    public static TheoryData<string, string> Payloads => new()
    {
        { "html", $$"""{"<img src=x onerror=window.got=1>":"</pre><script>window.got = 1</script>","style":"</style><style>*{display:none}","rtl":"\u202Eevil\u2066x","direct":"‮evil⁧x"}""" },
        { "a megabyte", $$"""{"text":"{{new string('<', 1 << 20)}}"}""" },
        { "10,000 keys", "{" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"key \\\"{i}\\\"\":\"ü{i}\"")) + "}" },
    };

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task It_is_text_on_every_page(string name, string payload)
    {
        await using var showcase = await Showcase.StartAsync(payload);
        await using var page = await browser.OpenAsync(showcase.Host.Address, options: new() { ViewportSize = new() { Width = 390, Height = 800 } });
        using var client = showcase.Host.Host.Client();
        foreach (var (title, path) in showcase.Pages)
        {
            await page.GoAsync(path);
            await AssertHarmlessAsync(page, title);
            await page.AssertSoundAsync($"hostile-{title}-{name}".Replace(' ', '-').Replace(',', '-'));
            var text = await page.TextAsync();
            Assert.True(text.Contains("\\u202Eevil", StringComparison.Ordinal), $"{title} does not show what is hostile at all:\n{text}");
            Assert.InRange(Encoding.UTF8.GetByteCount(await client.GetStringAsync(path)), 1, 100 * 1024);
        }

        await page.GoAsync(showcase.Pages["event"]);
        await page.FollowAsync("text=Replay (dry)");
        await AssertHarmlessAsync(page, "replay");
        Assert.Contains("would send say", await page.TextAsync(), StringComparison.Ordinal);
        page.Expected.Add(404);
        await page.GoAsync("/web/" + Uri.EscapeDataString(Showcase.Hostile));
        await AssertHarmlessAsync(page, "no such page");
    }

    private static async Task AssertHarmlessAsync(DashboardPage page, string title)
    {
        Assert.Equal((title, 0), (title, await page.Page.Locator("body :is(script, img, style, iframe, b)").CountAsync()));
        Assert.Equal((title, null), (title, await page.Page.EvaluateAsync<int?>("() => window.got ?? null")));
        Assert.DoesNotContain("\u202E", await page.Page.Locator("body").InnerTextAsync(), StringComparison.Ordinal);
    }
}
