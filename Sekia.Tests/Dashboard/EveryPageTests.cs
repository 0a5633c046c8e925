using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Playwright;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Xunit.Abstractions;

namespace Sekia.Tests.Dashboard;

/// <summary>What is true of each page, on a host with something on all of them.</summary>
[Collection(BrowserTests.Name)]
public sealed class EveryPageTests(Browser browser, ITestOutputHelper output) : IAsyncLifetime
{
    private Showcase _showcase = null!;

    public async Task InitializeAsync() => _showcase = await Showcase.StartAsync();

    public async Task DisposeAsync() => await _showcase.DisposeAsync();

    [Theory]
    [InlineData("light", ColorScheme.Light, 1280)]
    [InlineData("dark", ColorScheme.Dark, 1280)]
    [InlineData("phone", ColorScheme.Light, 390)]
    public async Task It_is_sound_fits_the_window_and_is_open_to_everyone(string name, ColorScheme colors, int width)
    {
        await using var page = await browser.OpenAsync(_showcase.Host.Address, options: new() { ColorScheme = colors, ViewportSize = new() { Width = width, Height = 800 } });
        foreach (var (title, path) in _showcase.Pages)
        {
            await page.GoAsync(path);
            await page.Page.Locator("#live[data-state=live], body:not(:has([data-live][id], table[data-rows]))").WaitForAsync();
            await page.AssertSoundAsync($"{title.Replace(' ', '-')}-{name}");
            Assert.Equal((title, ""), (title, string.Join(", ", await page.TooWideAsync())));
            Assert.Equal((title, ""), (title, string.Join('\n', await page.AccessibilityFaultsAsync())));
        }
    }

    [Fact]
    public async Task It_weighs_less_than_150_KB_with_all_that_it_loads_and_says_what_a_browser_may_load()
    {
        using var client = _showcase.Host.Host.Client();
        var files = 0;
        foreach (var address in Regex.Matches(await client.GetStringAsync("/web"), "\"(/web/static/[^\"]+)\"").Select(match => match.Groups[1].Value).Distinct())
        {
            files += (await client.GetByteArrayAsync(address)).Length;
        }

        output.WriteLine($"{files,8:N0} bytes: style sheet, script and icon");
        foreach (var (title, path) in _showcase.Pages)
        {
            using var answer = await client.GetAsync(path);
            var bytes = (await answer.Content.ReadAsByteArrayAsync()).Length;
            output.WriteLine($"{bytes,8:N0} bytes: {title}");

            Assert.Equal((title, HttpStatusCode.OK), (title, answer.StatusCode));
            Assert.InRange(bytes + files, 1, 150 * 1024);
            var policy = string.Join(' ', answer.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'; ", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_link_leads_to_something()
    {
        var address = _showcase.Host.Address;
        using var client = _showcase.Host.Host.Client();
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        async Task<string> TextAsync(string path)
        {
            if (!texts.TryGetValue(path, out var text))
            {
                using var answer = await client.GetAsync(path);
                Assert.Equal((path, HttpStatusCode.OK), (path, answer.StatusCode));
                texts[path] = text = await answer.Content.ReadAsStringAsync();
            }

            return text;
        }

        foreach (var page in _showcase.Pages.Values)
        {
            foreach (var link in Regex.Matches(await TextAsync(page), "<a [^>]*href=\"([^\"]+)\"").Select(match => WebUtility.HtmlDecode(match.Groups[1].Value)).Distinct())
            {
                var target = new Uri(new Uri(address, page), link);
                Assert.Equal((link, address.Authority), (link, target.Authority));
                var text = await TextAsync(target.PathAndQuery);
                Assert.True(
                    target.Fragment.Length == 0 || text.Contains($"id=\"{target.Fragment[1..]}\"", StringComparison.Ordinal),
                    $"{page} leads to {link}, and there is no such place.");
            }
        }
    }

    [Fact]
    public async Task Who_may_only_read_sees_nothing_to_press_and_is_refused_when_he_posts()
    {
        var head = _showcase.Host.Journal.Head;
        using var client = _showcase.Host.Host.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", _showcase.Host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch));
        foreach (var (title, path) in _showcase.Pages)
        {
            var text = await client.GetStringAsync(path);
            Assert.Equal((title, 0), (title, Regex.Count(text, "method=\"post\"|type=\"checkbox\"|#act\"")));
        }

        var token = new string('a', 64);
        var actions = ActionsOf(_showcase.Host).ToList();
        Assert.InRange(actions.Count, 12, 100);
        foreach (var action in actions)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, action) { Content = new FormUrlEncodedContent([new(Csrf.Field, token), new("confirmed", "yes")]) };
            request.Headers.Add("Cookie", $"{Csrf.Cookie}={token}");
            using var answer = await client.SendAsync(request);
            Assert.Equal((action, HttpStatusCode.Forbidden), (action, answer.StatusCode));
            Assert.Contains("may only read", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(head, _showcase.Host.Journal.Head);
    }

    [Fact]
    public void There_is_no_page_that_these_tests_do_not_look_at()
    {
        var seen = _showcase.Pages.Values.Select(path => path.Split('?')[0]).ToList();
        var unseen =
            from route in RoutesOf(_showcase.Host, HttpMethod.Get)
            where !route.StartsWith("/web/partials/", StringComparison.Ordinal) && route is not ("/web/events/stream" or "/web/static/{name}" or "/web/{**path}")
            let shape = new Regex("^" + Regex.Replace(route, @"\{[^}]+\}", "[^/]+") + "$")
            where !seen.Any(shape.IsMatch)
            select route;

        Assert.Empty(unseen);
    }

    /// <summary>The addresses of all buttons, made concrete.</summary>
    private static IEnumerable<string> ActionsOf(DashboardHost host) => RoutesOf(host, HttpMethod.Post).Select(route => Regex.Replace(route, @"\{[^}]+\}", "labeller"));

    private static IEnumerable<string> RoutesOf(DashboardHost host, HttpMethod method) =>
        from route in host.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let pattern = "/" + route.RoutePattern.RawText!.Trim('/')
        where pattern == "/web" || pattern.StartsWith("/web/", StringComparison.Ordinal)
        where route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains(method.Method) && route.Metadata.GetMetadata<RouteDescription>() is not null
        select pattern;
}
