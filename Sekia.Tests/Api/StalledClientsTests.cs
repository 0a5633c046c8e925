using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using Sekia.Modules.Api;
using Sekia.Tests.Support;
using Xunit.Abstractions;

namespace Sekia.Tests.Api;

/// <summary>What clients of the stream cost that take nothing, in the real program.</summary>
public sealed class StalledClientsTests(ITestOutputHelper notes)
{
    private const int Events = 2_000;
    private const int PayloadBytes = 40_000;

    /// <summary>Were the events kept for each client, it would be <see cref="Events"/> times <see cref="PayloadBytes"/> for each: 4 GB.</summary>
    private const long MaxMemory = 600L << 20;

    [Fact]
    public async Task Clients_that_take_nothing_cost_a_page_each_however_much_there_is_to_tell()
    {
        using var root = new TemporaryFolder();
        await using var sekia = await RunningSekia.StartAsync(root);
        var address = sekia.Client.BaseAddress!;
        var stalled = new List<TcpClient>();
        try
        {
            for (var i = 0; i < StreamSeats.MaxClients - 1; i++)
            {
                stalled.Add(await StallAsync(address));
            }

            var body = $$$"""{"type": "t", "payload": {"text": "{{{new string('x', PayloadBytes)}}}"}}""";
            await Parallel.ForAsync(0, Events, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, cancellationToken) =>
            {
                using var answer = await sekia.Client.PostAsync("/api/v1/events", new StringContent(body), cancellationToken);
                answer.EnsureSuccessStatusCode();
            });

            // Whoever reads has got all of it by now; and the others had as much time.
            using var stream = await sekia.Client.GetStreamAsync("/api/v1/events/stream?after=0");
            var last = await SseParser.Create(stream).EnumerateAsync().Take(Events).LastAsync();

            Assert.Equal($"{Events}", last.EventId);
            notes.WriteLine($"{sekia.Memory >> 20} MiB with {stalled.Count} clients that take nothing");
            Assert.InRange(sekia.Memory, 0, MaxMemory);
        }
        finally
        {
            stalled.ForEach(client => client.Dispose());
        }
    }

    /// <summary>A client that asks for everything and reads no more than that it has been let in.</summary>
    private static async Task<TcpClient> StallAsync(Uri address)
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /api/v1/events/stream?after=0 HTTP/1.1\r\nHost: {address.Authority}\r\n\r\n"));
        var status = new byte["HTTP/1.1 200".Length];
        await client.GetStream().ReadExactlyAsync(status);
        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(status));
        return client;
    }
}
