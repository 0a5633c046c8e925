using System.Net.Sockets;
using System.Text;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

/// <summary>What no proper client sends, byte by byte.</summary>
public sealed class MalformedRequestsTests : IAsyncLifetime, IDisposable
{
    private const string Event = """{"type":"t"}""";
    private const string Chunked = "POST /api/v1/events HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _root = new();
    private StreamHost _host = null!;

    /// <summary>Each with the status that it is to be answered with.</summary>
    public static TheoryData<string, string, int> Requests => new()
    {
        { "headers too large", $"GET /api/v1/status HTTP/1.1\r\nHost: HERE\r\nX-Large: {new string('a', 40_000)}\r\n\r\n", 431 },
        { "too many headers", $"GET /api/v1/status HTTP/1.1\r\nHost: HERE\r\n{string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: a\r\n"))}\r\n", 431 },
        { "address too long", $"GET /api/v1/events?type={new string('a', 10_000)} HTTP/1.1\r\nHost: HERE\r\n\r\n", 414 },
        { "a chunk whose size is no number", $"{Chunked}\r\nzz\r\n{Event}\r\n0\r\n\r\n", 400 },
        { "a chunk longer than it says", $"{Chunked}\r\n3\r\n{Event}\r\n0\r\n\r\n", 400 },
        { "a chunk of an endless size", $"{Chunked}\r\nffffffffffffffffffff\r\n{Event}\r\n0\r\n\r\n", 400 },
        { "both lengths", $"{Chunked}Content-Length: 3\r\n\r\nc\r\n{Event}\r\n0\r\n\r\nGET /api/v1/status HTTP/1.1\r\n\r\n", 202 },
        { "a length that is no number", $"POST /api/v1/events HTTP/1.1\r\nHost: HERE\r\nContent-Length: -1\r\n\r\n{Event}", 400 },
        { "two lengths", $"POST /api/v1/events HTTP/1.1\r\nHost: HERE\r\nContent-Length: 12\r\nContent-Length: 13\r\n\r\n{Event}", 400 },
        { "no host", $"POST /api/v1/events HTTP/1.1\r\nContent-Length: 12\r\n\r\n{Event}", 400 },
        { "two hosts", $"POST /api/v1/events HTTP/1.1\r\nHost: HERE\r\nHost: evil.example.com\r\nContent-Length: 12\r\n\r\n{Event}", 400 },
        { "a line break in a header", $"POST /api/v1/events HTTP/1.1\r\nHost: HERE\r\nX-A: a\r b\r\nContent-Length: 12\r\n\r\n{Event}", 400 },
        { "no HTTP at all", "\u0016\u0003\u0001hello\r\n\r\n", 400 },
    };

    public async Task InitializeAsync() => _host = await StreamHost.StartAsync(_root);

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task It_is_refused_and_the_next_is_served(string what, string request, int status)
    {
        Assert.Equal((what, $"HTTP/1.1 {status}"), (what, await StatusAsync(request)));
        Assert.Equal(status == 202 ? 1 : 0, _host.Journal.Head);
        Assert.Equal("HTTP/1.1 200", await StatusAsync("GET /api/v1/status HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n"));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _root.Dispose();

    /// <summary>The beginning of the one answer there is.</summary>
    private async Task<string> StatusAsync(string request)
    {
        var address = _host.Host.Addresses[0];
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request.Replace("HERE", address.Authority, StringComparison.Ordinal)));
        using var limit = new CancellationTokenSource(s_limit);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, limit.Token);
        }
        catch (IOException)
        {
            // What it had sent before it closed the connection is what counts.
        }

        var text = Encoding.Latin1.GetString(answer.ToArray());
        Assert.Single(text.Split("HTTP/1.1 ")[1..]);
        return text[..Math.Min(text.Length, "HTTP/1.1 000".Length)];
    }
}
