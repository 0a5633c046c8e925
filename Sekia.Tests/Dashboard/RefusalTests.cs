using System.Net;
using Microsoft.AspNetCore.Builder;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Tests.Dashboard;

/// <summary>What is refused before a page is asked is told as a page to those who read pages.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("POST", "/web/settings/reload", "read", HttpStatusCode.Forbidden, "may only read")]
    [InlineData("GET", "/web", "wrong", HttpStatusCode.Unauthorized, "sekia token")]
    [InlineData("DELETE", "/web/failures", null, HttpStatusCode.MethodNotAllowed, "does not take DELETE")]
    [InlineData("GET", "/web/broken", null, HttpStatusCode.InternalServerError, "internal error")]
    public async Task A_refusal_is_a_page_for_browsers_and_a_problem_document_for_programs(string method, string path, string? token, HttpStatusCode status, string sentence)
    {
        await using var host = await DashboardHost.StartAsync(modules: [new RoutesModule(routes => routes.MapGroup("/web").MapPage("/broken", "Breaks", _ => throw new InvalidOperationException("a bug, 4711")))]);
        var read = host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch);
        using var client = host.Host.Client();
        foreach (var (accept, type) in new[] { ("text/html,*/*", "text/html"), ("application/json", "application/problem+json"), ("*/*", "application/problem+json") })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Headers.Add("Accept", accept);
            if (token is not null)
            {
                request.Headers.Authorization = new("Bearer", token == "read" ? read : "sekia_wrong");
            }

            using var answer = await client.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();

            Assert.Equal((status, type), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
            Assert.Contains(sentence, text, StringComparison.Ordinal);
            Assert.DoesNotContain("4711", text, StringComparison.Ordinal);
            Assert.Equal(type == "text/html" && status is not HttpStatusCode.Unauthorized and not HttpStatusCode.Forbidden, text.Contains("data-commits", StringComparison.Ordinal));
            Assert.Equal(type == "text/html", answer.Headers.Contains("Content-Security-Policy") && text.Contains("<main", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Whoever_guesses_tokens_is_told_on_a_page_how_long_to_wait()
    {
        await using var host = await DashboardHost.StartAsync();
        host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch);
        for (var i = 0; i < GuessBrake.Allowed; i++)
        {
            using var wrong = await AskAsync(host, host.Address.Authority, "sekia_wrong");
            Assert.Equal((HttpStatusCode.Unauthorized, "text/html"), (wrong.StatusCode, wrong.Content.Headers.ContentType!.MediaType));
        }

        using var answer = await AskAsync(host, host.Address.Authority, "sekia_wrong");

        Assert.Equal((HttpStatusCode.TooManyRequests, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), GuessBrake.Pause);
        Assert.Matches("Too many wrong logins or tokens came from this address. Try again in [0-9]+ s", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Under_a_foreign_name_a_browser_is_told_so_and_given_nothing_of_a_page()
    {
        await using var host = await DashboardHost.StartAsync();

        using var answer = await AskAsync(host, "evil.example", token: null);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal((HttpStatusCode.Forbidden, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Contains("does not answer to the name &#x27;evil.example&#x27;", text, StringComparison.Ordinal);
        Assert.DoesNotContain("csrf", text, StringComparison.OrdinalIgnoreCase);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    private static async Task<HttpResponseMessage> AskAsync(DashboardHost host, string name, string? token)
    {
        using var client = host.Host.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/web");
        request.Headers.Host = name;
        request.Headers.Add("Accept", "text/html");
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        return await client.SendAsync(request);
    }
}
