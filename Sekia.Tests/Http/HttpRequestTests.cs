using System.Text.Json;
using Sekia.Modules.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Http;

public class HttpRequestTests
{
    [Fact]
    public async Task A_request_arrives_as_it_was_asked_for()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("POST /orders", 201);
        using var http = HttpAgentHarness.OfThisMachine();

        var answer = await http.AskAsync(new
        {
            method = "post",
            url = server.Address + "/orders?dry=no",
            headers = new Dictionary<string, string> { ["X-Team"] = "core", ["Idempotency-Key"] = "k1" },
            json = new { title = "Blåbær", price = 1.50m },
        });

        var request = Assert.Single(server.Requests);
        Assert.Equal(201, answer.GetProperty("status").GetInt32());
        Assert.Equal(("POST", "/orders?dry=no"), (request.Method, request.PathAndQuery));
        Assert.Equal("core", request.Headers["X-Team"]);
        Assert.Equal("k1", request.Headers["Idempotency-Key"]);
        Assert.StartsWith("Sekia/", request.Headers["User-Agent"], StringComparison.Ordinal);
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.Equal("Blåbær", JsonDocument.Parse(request.Body).RootElement.GetProperty("title").GetString());
        Assert.Contains("1.50", request.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", request.Headers.Keys);
    }

    [Fact]
    public async Task Text_goes_out_as_plain_text_unless_it_is_called_something_else()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("PUT /", 204);
        using var http = HttpAgentHarness.OfThisMachine();

        await http.AskAsync(new { method = "PUT", url = server.Address, text = "grüße" });
        await http.AskAsync(new
        {
            method = "PUT",
            url = server.Address,
            text = "a=1&b=2",
            headers = new Dictionary<string, string> { ["content-type"] = "application/x-www-form-urlencoded", ["Content-Language"] = "de" },
        });

        Assert.Equal(["grüße", "a=1&b=2"], server.Requests.Select(request => request.Body));
        Assert.Equal(["text/plain; charset=utf-8", "application/x-www-form-urlencoded"], server.Requests.Select(request => request.Headers["Content-Type"]));
        Assert.Equal("de", server.Requests[1].Headers["Content-Language"]);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("options")]
    [InlineData("Post")]
    [InlineData("PUT")]
    [InlineData("patch")]
    [InlineData("DELETE")]
    public async Task Each_method_can_be_sent_without_a_body(string method)
    {
        await using var server = await RecordingServer.StartAsync();
        server.On($"{method.ToUpperInvariant()} /", 200);
        using var http = HttpAgentHarness.OfThisMachine();

        var answer = await http.AskAsync(new { method, url = server.Address });

        Assert.Equal("", answer.GetProperty("body").GetString());
        Assert.Equal("", Assert.Single(server.Requests).Body);
    }

    [Theory]
    [InlineData("TRACE", "http://example.com", "'method'")]
    [InlineData("CONNECT", "http://example.com", "'method'")]
    [InlineData("GET ", "http://example.com", "'method'")]
    [InlineData("GET / HTTP/1.1\r\nX: y", "http://example.com", "'method'")]
    [InlineData("", "http://example.com", "'method'")]
    [InlineData("GET", "", "'url'")]
    [InlineData("GET", "/path", "'url'")]
    [InlineData("GET", "//example.com/", "'url'")]
    [InlineData("GET", "example.com", "'url'")]
    [InlineData("GET", "ftp://example.com/", "'url'")]
    [InlineData("GET", "file:///etc/passwd", "'url'")]
    [InlineData("GET", "gopher://example.com/", "'url'")]
    [InlineData("GET", "javascript:alert(1)", "'url'")]
    [InlineData("GET", "http://", "'url'")]
    [InlineData("GET", "http:///path", "'url'")]
    [InlineData("GET", "http://a b/", "'url'")]
    [InlineData("GET", "http://%6c%6f%63%61%6c%68%6f%73%74/", "'url'")]
    [InlineData("GET", "http://user:pa55@example.com/", "'url'")]
    [InlineData("GET", "http://user@example.com/", "'url'")]
    public async Task A_method_or_an_address_that_cannot_be_meant_is_refused(string method, string url, string argument)
    {
        using var http = HttpAgentHarness.OfThisMachine();

        var refusal = await http.RefusalAsync(new { method, url });

        Assert.Contains(argument, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("pa55", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-A", "1\r\nX-B: 2")]
    [InlineData("X-A", "1\nX-B: 2")]
    [InlineData("X-A", "1\r")]
    [InlineData("X-A", "1\0")]
    [InlineData("X-A", "nål")]
    [InlineData("X-A\r\nX-B", "1")]
    [InlineData("X-A:", "1")]
    [InlineData("X A", "1")]
    [InlineData("", "1")]
    [InlineData("Host", "internal")]
    [InlineData("host", "internal")]
    [InlineData("Content-Length", "5")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("TRANSFER-ENCODING", "chunked")]
    [InlineData("Connection", "close")]
    [InlineData("Upgrade", "h2c")]
    [InlineData("Expect", "100-continue")]
    [InlineData("Content-Type", "not a type")]
    [InlineData("Content-Type", "text/plain; charset=iso-8859-1")]
    public async Task A_header_that_could_change_the_message_is_refused(string name, string value)
    {
        await using var server = await RecordingServer.StartAsync();
        using var http = HttpAgentHarness.OfThisMachine();

        var refusal = await http.RefusalAsync(new { method = "POST", url = server.Address, text = "x", headers = new Dictionary<string, string> { [name] = value } });

        Assert.Contains("'headers'", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal, char.IsControl);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_header_given_twice_in_different_case_is_refused()
    {
        using var http = HttpAgentHarness.OfThisMachine();

        var refusal = await http.RefusalAsync(new { method = "GET", url = "http://127.0.0.1", headers = new Dictionary<string, string> { ["X-A"] = "1", ["x-a"] = "2" } });

        Assert.Contains("twice", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"method":"GET","url":"http://127.0.0.1","text":"x"}""", "GET has no body")]
    [InlineData("""{"method":"HEAD","url":"http://127.0.0.1","json":{}}""", "HEAD has no body")]
    [InlineData("""{"method":"POST","url":"http://127.0.0.1","json":1,"text":"x"}""", "both given")]
    [InlineData("""{"method":"GET","url":"http://127.0.0.1","headers":{"Content-Type":"application/json"}}""", "there is none")]
    [InlineData("""{"method":"POST","url":"http://127.0.0.1","headers":{"X-A":null}}""", "must be text")]
    public async Task A_body_that_does_not_fit_is_refused(string payload, string words)
    {
        using var http = HttpAgentHarness.OfThisMachine();

        Assert.Contains(words, await http.RefusalAsync(JsonDocument.Parse(payload).RootElement), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"method":"GET"}""", CommandTraits.ReadOnly)]
    [InlineData("""{"method":"head"}""", CommandTraits.ReadOnly)]
    [InlineData("""{"method":"Options"}""", CommandTraits.ReadOnly)]
    [InlineData("""{"method":"PUT"}""", CommandTraits.Idempotent)]
    [InlineData("""{"method":"delete"}""", CommandTraits.Idempotent | CommandTraits.Destructive)]
    [InlineData("""{"method":"POST"}""", CommandTraits.None)]
    [InlineData("""{"method":"PATCH","headers":null}""", CommandTraits.None)]
    [InlineData("""{"method":"POST","headers":{"X-Idempotency-Key":"a"}}""", CommandTraits.None)]
    [InlineData("""{"method":"POST","headers":{"Idempotency-Key":" "}}""", CommandTraits.None)]
    [InlineData("""{"method":"POST","headers":{"Idempotency-Key":null}}""", CommandTraits.None)]
    [InlineData("""{"method":"POST","headers":{"Idempotency-Key":"a"}}""", CommandTraits.Idempotent)]
    [InlineData("""{"method":"patch","headers":{"X":"1","idempotency-KEY":"a"}}""", CommandTraits.Idempotent)]
    public void What_a_call_does_to_the_world_follows_from_its_method_and_key(string payload, CommandTraits traits)
    {
        using var http = HttpAgentHarness.OfThisMachine();

        Assert.Equal(CommandTraits.None, http.Command.Traits);
        Assert.Equal(traits, http.Command.TraitsOf(JsonDocument.Parse(payload).RootElement));
    }

    [Fact]
    public void The_schema_asks_for_method_and_url_and_describes_every_argument()
    {
        using var http = HttpAgentHarness.OfThisMachine();

        var schema = http.Command.Schema;

        Assert.Equal(["method", "url"], schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(["method", "url", "headers", "json", "text"], schema.GetProperty("properties").EnumerateObject().Select(argument => argument.Name));
        Assert.All(schema.GetProperty("properties").EnumerateObject(), argument => Assert.NotEmpty(argument.Value.GetProperty("description").GetString()!));
    }
}
