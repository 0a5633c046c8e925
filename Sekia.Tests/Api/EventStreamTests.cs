using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Sekia.Modules.Api;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

public sealed class EventStreamTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Fact]
    public async Task A_client_hears_what_comes_from_now_on()
    {
        await using var host = await StreamHost.StartAsync(_root);
        await host.PublishAsync(2);
        await using var client = await host.OpenAsync();

        await host.PublishAsync(1, type: "deploy.started", payload: """{"ü": 1}""");

        var item = Assert.Single(await client.TakeAsync(1));
        var evt = JsonNode.Parse(item.Data)!;
        Assert.Equal(("3", "message"), (item.EventId, item.EventType));
        Assert.Equal((3, "deploy.started", 1), ((int)evt["seq"]!, (string)evt["type"]!, (int)evt["payload"]!["ü"]!));
        Assert.Equal("text/event-stream", client.Answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_client_that_comes_back_again_and_again_misses_none_and_sees_none_twice()
    {
        const int total = 2000;
        await using var host = await StreamHost.StartAsync(_root);
        var publishing = PublishOneByOneAsync(host, total);
        var seen = new List<string?>();
        while (seen.Count < total)
        {
            await using var client = await host.OpenAsync("?after=0", seen.LastOrDefault());
            seen.AddRange((await client.TakeAsync(Math.Min(137, total - seen.Count))).Select(item => item.EventId));
        }

        await publishing;
        Assert.Equal(Enumerable.Range(1, total).Select(id => id.ToString(CultureInfo.InvariantCulture)), seen);
    }

    [Fact]
    public async Task A_client_hears_only_what_it_asked_for()
    {
        await using var host = await StreamHost.StartAsync(_root);
        await using var client = await host.OpenAsync("?subject=sekia.events.*&type=wanted");

        await host.PublishAsync(1, type: "other");
        await host.PublishAsync(1, subject: "elsewhere.events.test", type: "wanted");
        await host.PublishAsync(1, type: "wanted");

        Assert.Equal("3", Assert.Single(await client.TakeAsync(1)).EventId);
    }

    [Fact]
    public async Task A_payload_with_line_ends_in_it_arrives_whole()
    {
        await using var host = await StreamHost.StartAsync(_root);
        await using var client = await host.OpenAsync();

        await host.PublishAsync(1, payload: "{\n  \"a\": 1,\r\n  \"b\": \"x\\ny\"\r}");

        var payload = JsonNode.Parse(Assert.Single(await client.TakeAsync(1)).Data)!["payload"]!;
        Assert.Equal((1, "x\ny"), ((int)payload["a"]!, (string)payload["b"]!));
    }

    [Fact]
    public async Task A_client_is_told_which_numbers_are_gone()
    {
        await using var host = await StreamHost.StartAsync(_root);
        await host.PublishAsync(3);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.PublishAsync(2);
        await host.Journal.CommitAsync(
            new RemoveOld(host.Journal, 0, 0, rows: 100, host.Clock.GetUtcNow().ToUnixTimeMilliseconds(), bytes: 0), CancellationToken.None);
        await using var client = await host.OpenAsync(lastEventId: "1");

        var items = await client.TakeAsync(3);

        Assert.Equal([("gap", "3"), ("message", "4"), ("message", "5")], items.Select(item => (item.EventType, item.EventId)));
        var gap = JsonNode.Parse(items[0].Data)!;
        Assert.Equal((1, 4), ((int)gap["after"]!, (int)gap["first"]!));
        Assert.Contains("Journal:KeepFor", (string)gap["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Numbers_of_another_journal_are_a_gap_too()
    {
        await using var host = await StreamHost.StartAsync(_root);
        await host.PublishAsync(1);
        await using var client = await host.OpenAsync(lastEventId: "500");
        var item = Assert.Single(await client.TakeAsync(1));
        Assert.Equal(("gap", "1"), (item.EventType, item.EventId));
        Assert.Equal("Its last one is 1. It may be another journal than before; what comes from now on follows.", (string?)JsonNode.Parse(item.Data)!["detail"]);

        await host.PublishAsync(1);

        Assert.Equal("2", (await client.TakeAsync(1)).Single().EventId);
    }

    [Fact]
    public async Task A_silent_stream_shows_that_it_is_alive()
    {
        await using var host = await StreamHost.StartAsync(_root);
        await using var client = await host.OpenAsync();
        await ReadUntilAsync(client, "of Sekia\n\n");
        await Eventually.HoldsAsync(() => host.Clock.IsAnyoneWaitingFor(host.Clock.GetUtcNow() + StreamSeats.KeepAlive));

        host.Clock.Advance(StreamSeats.KeepAlive);

        await ReadUntilAsync(client, ": still here\n\n");
    }

    [Fact]
    public async Task The_51st_client_is_turned_away_and_those_that_vanish_leave_their_places()
    {
        await using var host = await StreamHost.StartAsync(_root);
        var clients = new List<StreamClient>();
        for (var i = 0; i < StreamSeats.MaxClients; i++)
        {
            clients.Add(await host.OpenAsync());
        }

        await using (var refused = await host.OpenAsync())
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Answer.StatusCode);
            Assert.NotNull(refused.Answer.Headers.RetryAfter);
            Assert.Contains("50 clients", await refused.DetailAsync(), StringComparison.Ordinal);
        }

        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        await Eventually.HoldsAsync(() => host.Stream.Clients == 0);
        await Eventually.HoldsAsync(() => !host.Journal.HasListeners("sekia.events.test"));
        await using var again = await host.OpenAsync();
        Assert.Equal(HttpStatusCode.OK, again.Answer.StatusCode);
    }

    [Fact]
    public async Task A_client_that_reads_slowly_holds_up_nobody_and_misses_nothing()
    {
        const int total = 1500;
        await using var host = await StreamHost.StartAsync(_root);
        await using var slow = await host.OpenAsync();
        await using var quick = await host.OpenAsync();
        var payload = $$"""{"text": "{{new string('x', 20_000)}}"}""";
        for (var i = 0; i < total; i += 100)
        {
            await host.PublishAsync(100, payload: payload);
        }

        Assert.Equal(total, (await quick.TakeAsync(total)).Count);
        var read = await slow.TakeAsync(total);

        Assert.Equal(Enumerable.Range(1, total).Select(id => id.ToString(CultureInfo.InvariantCulture)), read.Select(item => item.EventId));
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_clients()
    {
        var host = await StreamHost.StartAsync(_root);
        host.Host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout = TimeSpan.FromMinutes(5);
        await using var client = await host.OpenAsync();
        await ReadUntilAsync(client, "of Sekia\n\n");

        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(0, await client.Body.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_stream_ends_with_the_token_that_opened_it()
    {
        await using var host = await StreamHost.StartAsync(_root);
        var tokens = new TokenFile(_root.File("data/tokens.json"));
        await using var client = await host.OpenAsync(token: tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch));
        await ReadUntilAsync(client, "of Sekia\n\n");

        tokens.Revoke("ci");
        await host.PublishAsync(1);

        Assert.Empty(await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_revoked_token_does_not_get_what_was_still_to_be_sent()
    {
        const int total = 2000;
        await using var host = await StreamHost.StartAsync(_root);
        var tokens = new TokenFile(_root.File("data/tokens.json"));
        var payload = $$"""{"text": "{{new string('x', 20_000)}}"}""";
        for (var i = 0; i < total; i += 100)
        {
            await host.PublishAsync(100, payload: payload);
        }

        await using var client = await host.OpenAsync("?after=0", token: tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch));
        await client.TakeAsync(1);

        tokens.Revoke("ci");

        Assert.InRange((await client.TakeAsync(total)).Count, 0, total / 2);
    }

    [Theory]
    [InlineData("?after=x", null, "'after'")]
    [InlineData("?since=1", null, "'since'")]
    [InlineData("?subject=a..b", null, "'subject'")]
    [InlineData("", "evt_1", "Last-Event-ID")]
    [InlineData("", "-1", "Last-Event-ID")]
    public async Task What_is_not_understood_is_named(string query, string? lastEventId, string expected)
    {
        await using var host = await StreamHost.StartAsync(_root);
        await using var client = await host.OpenAsync(query, lastEventId);

        Assert.Equal(HttpStatusCode.BadRequest, client.Answer.StatusCode);
        Assert.Contains(expected, await client.DetailAsync(), StringComparison.Ordinal);
        Assert.Equal(0, host.Stream.Clients);
    }

    public void Dispose() => _root.Dispose();

    private static async Task PublishOneByOneAsync(StreamHost host, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await host.PublishAsync(1);
        }
    }

    private static async Task ReadUntilAsync(StreamClient client, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            Assert.Equal(1, await client.Body.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
            text.Append((char)buffer[0]);
        }
    }
}
