using System.Net;

namespace Sekia.Tests.Mcp;

public sealed class McpRefusalTests
{
    private const string Ping = """{"jsonrpc":"2.0","id":2,"method":"ping"}""";

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("42")]
    [InlineData("{}")]
    [InlineData("""{"jsonrpc":"1.0","id":1,"method":"ping"}""")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"method":"ping"}]""")]
    [InlineData("""{"jsonrpc":"2.0","id":{},"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":99999999999999999999,"method":"ping"}""")]
    public async Task A_body_that_is_no_message_is_refused(string body)
    {
        await using var host = await McpHarness.StartAsync();

        using var answer = await host.Client().SendAsync(McpHarness.Post(body));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("\"error\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, host.Sessions.Count);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_reads_as_the_sign_for_what_cannot_be_read()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);

        using var answer = await client.SendAsync(McpHarness.Post(
            """{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"publish_event","arguments":{"source":"a","event_type":"b","payload":{"text":"\ud83d"}}}}""", session));

        Assert.Contains("published", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var events = await client.GetStringAsync("/api/v1/events");
        Assert.Contains("\uFFFD", events, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_with_the_limit()
    {
        await using var host = await McpHarness.StartAsync("Journal:MaxPayloadBytes=1024");

        using var answer = await host.Client().SendAsync(McpHarness.Post(new string(' ', 128 * 1024)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("Journal:MaxPayloadBytes", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_belongs_to_a_session_that_there_is()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();

        using var without = await client.SendAsync(McpHarness.Post(Ping));
        using var unknown = await client.SendAsync(McpHarness.Post(Ping, "made-up"));
        using var listening = await client.SendAsync(McpHarness.Listen("made-up"));

        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, listening.StatusCode);
    }

    [Fact]
    public async Task Headers_that_do_not_fit_are_refused()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        using var version = McpHarness.Post(Ping, await McpHarness.InitializeAsync(client));
        version.Headers.Add("MCP-Protocol-Version", "1999-01-01");
        using var accept = McpHarness.Post(Ping);
        accept.Headers.Accept.Clear();

        using var oldVersion = await client.SendAsync(version);
        using var noAccept = await client.SendAsync(accept);
        using var noJson = await client.SendAsync(McpHarness.Post(Ping, type: "text/plain"));

        Assert.Equal(HttpStatusCode.BadRequest, oldVersion.StatusCode);
        Assert.Equal(HttpStatusCode.NotAcceptable, noAccept.StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, noJson.StatusCode);
    }

    [Theory]
    [InlineData("evil.example", null)]
    [InlineData(null, "http://evil.example")]
    [InlineData(null, "null")]
    public async Task Another_website_cannot_reach_it_through_a_browser(string? name, string? origin)
    {
        await using var host = await McpHarness.StartAsync();
        using var request = McpHarness.Post(McpHarness.Initialize("2025-06-18"));
        request.Headers.Host = name;
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var answer = await host.Client().SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(0, host.Sessions.Count);
    }
}
