using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Tests.Dashboard;

/// <summary>Buttons: who may press them, what is asked before, what is told after.</summary>
[Collection(BrowserTests.Name)]
public sealed class ActionTests(Browser browser)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private int _done;

    [Fact]
    public async Task A_form_of_ours_acts_and_tells_once_what_came_of_it()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/test");

        await page.FollowAsync("text=Plain");
        Assert.Equal("Done 1.", await page.Page.Locator(".notice").InnerTextAsync());
        Assert.EndsWith("/web/test", page.Page.Url, StringComparison.Ordinal);

        await page.Page.ReloadAsync();
        Assert.Equal(0, await page.Page.Locator(".notice").CountAsync());
        await page.AssertSoundAsync("action");
    }

    [Fact]
    public async Task A_refused_action_tells_why()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/test");

        await page.FollowAsync("text=Refused");

        Assert.Equal("It cannot be done: <b>ünfit</b>.", await page.Page.Locator(".notice.bad[role=alert]").InnerTextAsync());
        Assert.Equal(0, _done);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_destructive_button_asks_first(bool scripts)
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/test", new() { JavaScriptEnabled = scripts });

        // With scripts the question is a dialog of this page, without them a page of its own.
        Task PressAsync(string selector) => scripts ? page.Page.ClickAsync(selector) : page.FollowAsync(selector);

        await PressAsync("text=Danger");
        Assert.Contains("Really?", await page.Page.Locator("body").InnerTextAsync(), StringComparison.Ordinal);
        await PressAsync(scripts ? "dialog >> text=Back" : "main >> text=Back");
        Assert.Equal(0, _done);

        await PressAsync("text=Danger");
        await page.FollowAsync(scripts ? "dialog >> text=Yes" : "main >> text=Yes");
        await page.Page.Locator(".notice").WaitForAsync();
        Assert.Equal(1, _done);
        await page.AssertSoundAsync($"action-asked-{(scripts ? "dialog" : "page")}");
    }

    [Fact]
    public async Task A_question_is_answered_although_the_page_has_news_meanwhile()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/test");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await page.Page.RouteAsync("**/web/test", async route =>
        {
            if (route.Request.Headers.ContainsKey("x-sekia-refresh"))
            {
                asked.TrySetResult();
                await answered.Task;
            }

            await route.ContinueAsync();
        });
        await page.Page.Locator("#live[data-state=live]").WaitForAsync();
        await host.PublishAsync(1);
        await asked.Task.WaitAsync(s_limit);

        // The fresh page comes when the question is open.
        await page.Page.ClickAsync("text=Danger");
        var fresh = page.Page.WaitForRequestFinishedAsync(new() { Predicate = request => request.Headers.ContainsKey("x-sekia-refresh") });
        answered.SetResult();
        await fresh;
        await page.Page.EvaluateAsync("() => new Promise(done => setTimeout(done))");
        Assert.StartsWith("0 events", await page.Page.Locator("#asking").InnerTextAsync(), StringComparison.Ordinal);
        await page.Page.ClickAsync("dialog >> text=Back");
        await page.Page.Locator("#asking:has-text('1 events')").WaitForAsync();

        // And the news while it is open.
        await page.Page.ClickAsync("text=Danger");
        await host.PublishAsync(1);
        await page.Page.ClickAsync("dialog >> text=Yes");
        await page.Page.Locator(".notice").WaitForAsync();
        Assert.Equal(1, _done);
        await page.AssertSoundAsync("action-asked-with-news");
    }

    [Fact]
    public async Task A_yes_is_for_one_time_only()
    {
        await using var host = await StartAsync();
        await using var page = await browser.OpenAsync(host.Address, "/web/test");

        // As when a visitor stops the browser before it has the answer.
        await page.Page.EvaluateAsync("() => document.addEventListener('submit', submitted => submitted.preventDefault())");
        await page.Page.ClickAsync("text=Danger");
        await page.Page.ClickAsync("dialog >> text=Yes");
        await page.Page.ClickAsync("text=Danger");

        await page.Page.Locator("dialog[open]").WaitForAsync();
        Assert.Equal((0, 0), (_done, await page.Page.Locator("[name=confirmed]").CountAsync()));
    }

    [Theory]
    [InlineData("!")]
    [InlineData("a")]
    [InlineData("Zm9v=Zm9v")]
    public async Task A_damaged_notice_is_thrown_away(string cookie)
    {
        await using var host = await StartAsync();
        foreach (var (path, status) in new[] { ("/web/test", HttpStatusCode.OK), ("/web/nothing", HttpStatusCode.NotFound) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Cookie", $"{Notice.Cookie}={cookie}");
            using var answer = await Handler().SendAsync(request.To(host), CancellationToken.None);

            Assert.Equal(status, answer.StatusCode);
            Assert.Contains(answer.Headers.GetValues("Set-Cookie"), set => set.StartsWith($"{Notice.Cookie}=; expires=Thu, 01 Jan 1970", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_form_that_is_too_large_is_refused_with_a_sentence()
    {
        await using var host = await StartAsync();
        KeyValuePair<string, string>[] many = [.. Enumerable.Range(0, 1025).Select(i => KeyValuePair.Create($"f{i}", ""))];
        KeyValuePair<string, string>[] large = [new("text", new string('x', 5 << 20))];
        foreach (var form in new[] { many, large })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/web/test/plain") { Content = new FormUrlEncodedContent(form) };
            using var answer = await Handler().SendAsync(request.To(host), CancellationToken.None);

            Assert.Equal((HttpStatusCode.BadRequest, 0), (answer.StatusCode, _done));
            Assert.Contains("Nothing was done, because the form cannot be read: Form ", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("cookie", null, null)]
    [InlineData(null, "cookie", null)]
    [InlineData("cookie", "other", null)]
    [InlineData("short", "short", null)]
    [InlineData("cookie", "other", "cookie")]
    [InlineData("cookie", "cookie", null)]
    public async Task Only_what_carries_the_token_of_the_cookie_acts(string? cookie, string? field, string? header)
    {
        await using var host = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/web/test/plain") { Content = new FormUrlEncodedContent(field is null ? [] : [new(Csrf.Field, Token(field))]) };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", $"{Csrf.Cookie}={Token(cookie)}");
        }

        if (header is not null)
        {
            request.Headers.Add(Csrf.Header, Token(header));
        }

        using var answer = await Handler().SendAsync(request.To(host), CancellationToken.None);

        var isOurs = cookie == "cookie" && (header ?? field) == "cookie";
        Assert.Equal((isOurs ? HttpStatusCode.SeeOther : HttpStatusCode.Forbidden, isOurs ? 1 : 0), (answer.StatusCode, _done));
        Assert.Equal(!isOurs, (await answer.Content.ReadAsStringAsync()).Contains("reload the page", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/web/events?before=7&type=a%20b", "/web/events?before=7&type=a%20b")]
    [InlineData("https://evil.example/web", "/web")]
    [InlineData("//evil.example/web", "/web")]
    [InlineData("/webhooks/x", "/web")]
    [InlineData("/web/x\r\nSet-Cookie: a=b", "/web")]
    [InlineData("/web/\\evil.example", "/web")]
    [InlineData("/web/..//evil.example", "/web")]
    [InlineData("/web/x/../..//evil.example/web/", "/web")]
    [InlineData("/web/%2e%2e//evil.example", "/web")]
    [InlineData("/web/../api/v1/status", "/web")]
    [InlineData("/web/x/../events", "/web/events")]
    [InlineData("", "/web")]
    public async Task Afterwards_the_browser_is_on_a_page_of_ours(string back, string expected)
    {
        await using var host = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/web/test/plain") { Content = new FormUrlEncodedContent([new(PageRoutes.BackField, back)]) };
        request.Headers.Add("Cookie", $"{Csrf.Cookie}={Token("cookie")}");
        request.Headers.Add(Csrf.Header, Token("cookie"));

        using var answer = await Handler().SendAsync(request.To(host), CancellationToken.None);

        Assert.Equal(expected, answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_token_is_taken_as_the_password_of_a_login_and_with_the_role_read_there_are_no_buttons()
    {
        await using var host = await StartAsync();
        var read = host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch);
        var operate = host.Tokens.Create("operator", AccessRole.Operate, DateTimeOffset.UnixEpoch);

        Assert.Equal((HttpStatusCode.OK, false), await PageWithAsync(host, read));
        Assert.Equal((HttpStatusCode.OK, true), await PageWithAsync(host, operate));
        Assert.Equal((HttpStatusCode.Unauthorized, false), await PageWithAsync(host, "sekia_wrong"));
        using var refused = await Handler().SendAsync(WithPassword(new HttpRequestMessage(HttpMethod.Post, "/web/test/plain"), read).To(host), CancellationToken.None);
        Assert.Equal((HttpStatusCode.Forbidden, 0), (refused.StatusCode, _done));
    }

    [Fact]
    public async Task A_browser_that_is_refused_asks_for_a_login()
    {
        await using var host = await StartAsync();
        host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch);

        using var page = await Handler().SendAsync(WithPassword(new HttpRequestMessage(HttpMethod.Get, "/web"), "sekia_wrong").To(host), CancellationToken.None);
        using var api = await Handler().SendAsync(WithPassword(new HttpRequestMessage(HttpMethod.Get, "/api/v1/status"), "sekia_wrong").To(host), CancellationToken.None);

        Assert.Equal(["Basic", "Bearer"], page.Headers.WwwAuthenticate.Select(one => one.Scheme));
        Assert.Equal(["Bearer"], api.Headers.WwwAuthenticate.Select(one => one.Scheme));
    }

    private static async Task<(HttpStatusCode Status, bool HasButtons)> PageWithAsync(DashboardHost host, string token)
    {
        using var answer = await Handler().SendAsync(WithPassword(new HttpRequestMessage(HttpMethod.Get, "/web/test"), token).To(host), CancellationToken.None);
        return (answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Contains("<form", StringComparison.Ordinal));
    }

    private static HttpRequestMessage WithPassword(HttpRequestMessage request, string password)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("token:" + password)));
        return request;
    }

    private static HttpMessageInvoker Handler() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    private static string Token(string kind) => kind switch
    {
        "cookie" => new string('a', 64),
        "other" => new string('b', 64),
        _ => "a",
    };

    private Task<DashboardHost> StartAsync() => DashboardHost.StartAsync(modules: [new RoutesModule(routes =>
    {
        var web = routes.MapGroup("/web");
        web.MapPage("/test", "Buttons", _ => Page.Of<ButtonsPage>());
        web.MapAction("/test/plain", "Acts", DoAsync);
        web.MapAction("/test/danger", "Acts after a question", DoAsync, _ => "Really?");
        web.MapAction("/test/refused", "Refuses", (_, _) => throw new BadHttpRequestException("It cannot be done: <b>ünfit</b>.", StatusCodes.Status409Conflict));
    })]);

    private Task<Notice> DoAsync(HttpContext context, IFormCollection form) => Task.FromResult(new Notice($"Done {++_done}."));
}

/// <summary>Gives a request its host.</summary>
internal static class RequestAddresses
{
    public static HttpRequestMessage To(this HttpRequestMessage request, DashboardHost host)
    {
        request.RequestUri = new Uri(host.Address, request.RequestUri!);
        return request;
    }
}
