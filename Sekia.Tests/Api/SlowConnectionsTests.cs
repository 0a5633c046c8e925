using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

/// <summary>Connections that are opened to be held: they end by themselves, and nobody else waits for them.</summary>
public sealed class SlowConnectionsTests : IAsyncLifetime, IDisposable
{
    private const int OfEachKind = 50;

    /// <summary>Ten seconds for headers, five before a body must come at some speed, and a machine at work.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _root = new();
    private StreamHost _host = null!;

    public async Task InitializeAsync() => _host = await StreamHost.StartAsync(_root);

    [Fact]
    public async Task Two_hundred_that_trickle_hold_up_nobody_and_are_closed()
    {
        var host = $"Host: {_host.Host.Addresses[0].Authority}\r\n";
        string[] beginnings =
        [
            "GET /api/v1/st",
            $"GET /api/v1/status HTTP/1.1\r\n{host}X-Slow: ",
            $"POST /api/v1/events HTTP/1.1\r\n{host}Content-Length: 100000\r\n\r\n{{",
            $"POST /mcp HTTP/1.1\r\n{host}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{{",
        ];
        var slow = await Task.WhenAll(beginnings.SelectMany(beginning => Enumerable.Repeat(beginning, OfEachKind)).Select(BeginAsync));
        try
        {
            using var limit = new CancellationTokenSource(s_limit);
            var ends = Task.WhenAll(slow.Select(connection => TrickleAsync(connection, limit.Token)));

            using (var answer = await _host.Host.Client().GetAsync("/api/v1/status"))
            using (var taken = await _host.Host.Client().PostAsync("/api/v1/events", new StringContent("""{"type": "t"}""")))
            {
                Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Accepted), (answer.StatusCode, taken.StatusCode));
            }

            Assert.False(ends.IsCompleted, "They were to be there while others are served.");
            await ends;
            Assert.Equal(1, _host.Journal.Head);
        }
        finally
        {
            Array.ForEach(slow, connection => connection.Dispose());
        }
    }

    /// <summary>The web server's own limit is longer, and the connections above would end by that too.</summary>
    [Fact]
    public void Headers_have_ten_seconds() =>
        Assert.Equal(TimeSpan.FromSeconds(10), _host.Host.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.RequestHeadersTimeout);

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _root.Dispose();

    private async Task<TcpClient> BeginAsync(string text)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(_host.Host.Addresses[0].Host, _host.Host.Addresses[0].Port);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        return connection;
    }

    /// <summary>Sends a letter now and then until the other end has closed the connection.</summary>
    private static async Task TrickleAsync(TcpClient connection, CancellationToken limit)
    {
        var stream = connection.GetStream();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        var ended = ReadToEndAsync(stream, limit);
        try
        {
            while (!ended.IsCompleted && await pace.WaitForNextTickAsync(limit))
            {
                await stream.WriteAsync("a"u8.ToArray(), limit);
            }
        }
        catch (IOException)
        {
            // It is closed.
        }

        await ended;
    }

    private static async Task ReadToEndAsync(NetworkStream stream, CancellationToken limit)
    {
        var rest = new byte[1024];
        try
        {
            while (await stream.ReadAsync(rest, limit) > 0)
            {
            }
        }
        catch (IOException)
        {
            // It is closed, and not politely.
        }
    }
}
