using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

/// <summary>What pages of others and programs that mean no good send to the API on this machine.</summary>
public sealed class AttackTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _root = new();
    private StreamHost _host = null!;

    public async Task InitializeAsync() => _host = await StreamHost.StartAsync(_root);

    [Theory]
    [InlineData("evil.example.com", null)]
    [InlineData("127.0.0.1.evil.example.com", null)]
    [InlineData(null, "http://evil.example.com")]
    [InlineData(null, "null")]
    [InlineData(null, "http://localhost:1")]
    public async Task A_page_of_another_site_can_neither_read_nor_publish(string? host, string? origin)
    {
        foreach (var (method, path) in new[] { (HttpMethod.Post, "events"), (HttpMethod.Post, "config/reload"), (HttpMethod.Get, "status"), (HttpMethod.Get, "events/stream") })
        {
            using var request = new HttpRequestMessage(method, "/api/v1/" + path) { Headers = { Host = host } };
            request.Content = method == HttpMethod.Post ? new StringContent("""{"type": "t"}""", Encoding.UTF8, "text/plain") : null;
            if (origin is not null)
            {
                request.Headers.Add("Origin", origin);
            }

            using var answer = await _host.Host.Client().SendAsync(request);

            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("Host:AllowedHosts", await DetailAsync(answer), StringComparison.Ordinal);
        }

        Assert.Equal(0, _host.Journal.Head);
    }

    [Theory]
    [InlineData("", "but")]
    [InlineData("[", "must be a JSON object")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("null", "it is null")]
    [InlineData("{\"type\": \"t\"", "must be a JSON object")]
    [InlineData("{\"type\": 1}", "Field 'type' must be a string")]
    [InlineData("{\"type\": \"\\ud800\"}", "half a surrogate pair")]
    [InlineData("{\"\\ud800\": \"t\"}", "half a surrogate pair")]
    [InlineData("{\"tpye\": \"t\"}", "Unknown field 'tpye'")]
    [InlineData("{\"type\": \"t\", \"payload\": []}", "payload")]
    [InlineData("{\"type\": \"t\", \"type\": \"u\"}", "Field 'type' is there twice")]
    [InlineData("{\"type\": \"t\", \"payload\": {\"a\": 1}, \"payload\": {\"a\": 2}}", "Field 'payload' is there twice")]
    public async Task A_malformed_body_is_told_what_is_wrong_with_it(string body, string expected)
    {
        using var answer = await _host.Host.Client().PostAsync("/api/v1/events", new StringContent(body));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(expected, await DetailAsync(answer), StringComparison.Ordinal);
        Assert.Equal(0, _host.Journal.Head);
    }

    [Theory]
    [InlineData("events", false)]
    [InlineData("events", true)]
    [InlineData("commands", false)]
    [InlineData("commands", true)]
    public async Task A_body_without_measure_is_refused(string path, bool inChunks)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/" + path)
        {
            Content = new StringContent($$$"""{"type": "t", "payload": {"a": "{{{new string('x', 2 << 20)}}}"}}"""),
        };
        request.Headers.TransferEncodingChunked = inChunks;

        using var answer = await _host.Host.Client().SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("Journal:MaxPayloadBytes", await DetailAsync(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_client_that_reads_nothing_holds_up_nobody_and_leaves_nothing_behind()
    {
        var address = _host.Host.Addresses[0];
        using (var silent = new TcpClient())
        {
            silent.ReceiveBufferSize = 4096;
            await silent.ConnectAsync(address.Host, address.Port);
            await silent.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /api/v1/events/stream?after=0 HTTP/1.1\r\nHost: {address.Authority}\r\n\r\n"));
            await Eventually.HoldsAsync(() => _host.Stream.Clients == 1);
            var payload = $$"""{"text": "{{new string('x', 200_000)}}"}""";
            for (var i = 0; i < 50; i++)
            {
                await _host.PublishAsync(10, payload: payload);
            }

            await using var other = await _host.OpenAsync("?after=0");
            Assert.Equal(500, (await other.TakeAsync(500)).Count);
        }

        await Eventually.HoldsAsync(() => _host.Stream.Clients == 0);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _root.Dispose();

    private static async Task<string> DetailAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!;
    }
}
