using System.Net;
using Sekia.Modules.Agents;
using Sekia.Modules.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.Http;

public class HttpRedirectTests
{
    [Theory]
    [InlineData("GET", 301, "GET")]
    [InlineData("GET", 302, "GET")]
    [InlineData("GET", 303, "GET")]
    [InlineData("GET", 307, "GET")]
    [InlineData("GET", 308, "GET")]
    [InlineData("HEAD", 303, "HEAD")]
    [InlineData("POST", 301, "GET")]
    [InlineData("POST", 302, "GET")]
    [InlineData("POST", 303, "GET")]
    [InlineData("POST", 307, "POST")]
    [InlineData("POST", 308, "POST")]
    [InlineData("PUT", 302, "PUT")]
    [InlineData("PUT", 303, "GET")]
    [InlineData("PATCH", 308, "PATCH")]
    [InlineData("DELETE", 303, "GET")]
    public async Task The_method_after_a_redirect_is_what_http_says(string method, int status, string next)
    {
        await using var server = await RecordingServer.StartAsync();
        server.On($"{method} /a", status, "", ("Location", "/b?c=d"));
        server.On($"{next} /b", 200);
        using var http = HttpAgentHarness.OfThisMachine();
        object payload = method is "GET" or "HEAD" ? new { method, url = server.Address + "/a" } : new { method, url = server.Address + "/a", json = new { x = 1 } };

        var answer = await http.AskAsync(payload);

        Assert.Equal(200, answer.GetProperty("status").GetInt32());
        Assert.Equal("/b?c=d", server.Requests[1].PathAndQuery);
        var keepsBody = next == method && method is not ("GET" or "HEAD");
        Assert.Equal(keepsBody ? """{"x":1}""" : "", server.Requests[1].Body);
        Assert.Equal(keepsBody, server.Requests[1].Headers.ContainsKey("Content-Type"));
    }

    [Fact]
    public async Task Headers_stay_with_the_origin_they_were_given_for()
    {
        await using var other = await RecordingServer.StartAsync();
        other.On("POST /c", 200);
        await using var server = await RecordingServer.StartAsync();
        server.On("POST /a", 307, "", ("Location", "/b"));
        server.On("POST /b", 307, "", ("Location", other.Address + "/c"));
        using var http = HttpAgentHarness.OfThisMachine();

        await http.AskAsync(new
        {
            method = "POST",
            url = server.Address + "/a",
            text = "body",
            headers = new Dictionary<string, string> { ["Authorization"] = "Bearer t", ["Cookie"] = "c=1", ["X-Own"] = "1", ["Idempotency-Key"] = "k", ["Content-Type"] = "text/csv" },
        });

        Assert.Equal("Bearer t", server.Requests[1].Headers["Authorization"]);
        var arrived = Assert.Single(other.Requests);
        Assert.Equal("body", arrived.Body);
        Assert.Equal("text/csv", arrived.Headers["Content-Type"]);
        Assert.Equal("k", arrived.Headers["Idempotency-Key"]);
        Assert.Empty(arrived.Headers.Keys.Intersect(["Authorization", "Cookie", "X-Own"]));
    }

    [Fact]
    public async Task As_many_redirects_are_followed_as_the_settings_say_and_no_more()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 302, "", ("Location", "/"));
        using var http = HttpAgentHarness.OfThisMachine();

        var refusal = await http.RefusalAsync(new { method = "GET", url = server.Address });

        Assert.Contains("at most 5", refusal, StringComparison.Ordinal);
        Assert.Equal(6, server.Requests.Count);
    }

    [Fact]
    public async Task Where_no_redirects_are_followed_the_redirect_is_the_answer()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 302, "", ("Location", "http://10.0.0.1/"));
        using var http = HttpAgentHarness.OfThisMachine();
        http.Options.Current = new HttpOptions { AllowedAddresses = ["127.0.0.1"], MaxRedirects = 0 };

        var answer = await http.GetAsync(server.Address);

        Assert.Equal(302, answer.GetProperty("status").GetInt32());
        Assert.Equal("http://10.0.0.1/", answer.GetProperty("headers").GetProperty("location").GetString());
    }

    [Theory]
    [InlineData(300)]
    [InlineData(304)]
    [InlineData(305)]
    public async Task Other_statuses_of_that_class_are_answers(int status)
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", status, "", ("Location", "http://10.0.0.1/"));
        using var http = HttpAgentHarness.OfThisMachine();

        Assert.Equal(status, (await http.GetAsync(server.Address)).GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData("ftp://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://user:pa55@127.0.0.1/")]
    [InlineData("//")]
    public async Task A_redirect_to_something_else_than_a_plain_address_is_refused(string location)
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 302, "", ("Location", location));
        using var http = HttpAgentHarness.OfThisMachine();

        var refusal = await http.RefusalAsync(new { method = "GET", url = server.Address });

        Assert.Contains("302", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("pa55", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_redirect_from_https_to_http_is_refused()
    {
        var request = RequestArguments.Check("GET", "https://example.com/a", null, null, null);
        using var answer = new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new Uri("http://example.com/a") } };

        var refusal = Assert.Throws<CommandFailedException>(() => Redirect.Next(request, answer));

        Assert.Contains("https to http", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://example.com/a", "https://example.com/a", false)]
    [InlineData("https://example.com/a", "https://example.com:8443/a", false)]
    [InlineData("https://example.com/a", "https://example.com.evil.org/a", false)]
    [InlineData("https://example.com/a", "https://EXAMPLE.com:443/b", true)]
    public void An_origin_is_scheme_host_and_port(string from, string to, bool same)
    {
        var request = RequestArguments.Check("GET", from, new() { ["Authorization"] = "Bearer t" }, null, null);
        using var answer = new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new Uri(to) } };

        Assert.Equal(same, Redirect.Next(request, answer)!.Headers.Any());
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task What_was_done_before_the_redirect_is_not_done_again_because_of_what_came_after(int status)
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("POST /", 303, "", ("Location", "/done"));
        server.On("GET /done", status, "", ("Retry-After", "1"));
        using var http = HttpAgentHarness.OfThisMachine();

        var refusal = await http.RefusalAsync(new { method = "POST", url = server.Address });

        Assert.Contains("is done", refusal, StringComparison.Ordinal);
    }
}
