using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sekia.Tests.Webhooks;

public class WebhookBodyTests
{
    [Theory]
    [InlineData("{", "line 1, byte 2")]
    [InlineData("{\"a\":1,}", "line 1, byte 8")]
    [InlineData("{\n\"a\" 1}", "line 2, byte 5")]
    [InlineData("{}{}", "line 1, byte 3")]
    [InlineData("1},\"name\":\"other\",\"x\":{\"y\":1", "line 1, byte 2")]
    [InlineData("1,\"name\":\"other\"", "line 1, byte 2")]
    [InlineData("// note\n{}", "line 1, byte 1")]
    [InlineData("NaN", "line 1, byte 1")]
    [InlineData("a=1&b=2", "line 1, byte 1")]
    [InlineData("\uFEFF{}", "line 1, byte 1")]
    [InlineData("{\"a\":\"\u0001\"}", "not valid JSON")]
    [InlineData(" \n", "empty")]
    public async Task A_body_that_is_not_json_is_refused_with_its_fault(string body, string fault)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(fault, await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
        Assert.Equal(0, host.Recorded);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xC3, 0x28, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xC0, 0xAF, (byte)'"' })]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'{', 0, (byte)'}', 0 })]
    public async Task A_body_that_is_not_utf8_is_refused(byte[] body)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("UTF-8", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", "a=1&b=2")]
    [InlineData("text/xml", "<a/>")]
    [InlineData("multipart/form-data; boundary=b", "--b--")]
    public async Task A_body_of_another_kind_is_told_which_kind_is_taken(string type, string body)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", body, ("Content-Type", type));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Contains("application/json", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("application/cloudevents+json")]
    public async Task Json_under_another_name_is_taken(string type)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", "{}", ("Content-Type", type));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", "{}", ("Content-Encoding", "gzip"));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData(63, HttpStatusCode.Accepted)]
    [InlineData(64, HttpStatusCode.BadRequest)]
    [InlineData(100_000, HttpStatusCode.BadRequest)]
    public async Task A_nested_bomb_is_refused(int depth, HttpStatusCode status)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var arrays = await host.PostAsync("/webhooks/x", new string('[', depth) + new string(']', depth));
        using var objects = await host.PostAsync("/webhooks/x", string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth));

        Assert.Equal([status, status], [arrays.StatusCode, objects.StatusCode]);
    }

    [Theory]
    [InlineData(1000, HttpStatusCode.Accepted)]
    [InlineData(1001, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_body_over_the_limit_is_refused(int length, HttpStatusCode status)
    {
        await using var host = await WebhookHarness.StartAsync("Webhooks:MaxBodyBytes=1000");

        using var announced = await host.PostAsync("/webhooks/x", new string('1', length));
        using var chunked = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/webhooks/x")
        {
            Content = new StringContent(new string('1', length)),
            Headers = { TransferEncodingChunked = true },
        });

        Assert.Equal([status, status], [announced.StatusCode, chunked.StatusCode]);
        if (status != HttpStatusCode.Accepted)
        {
            Assert.Contains("1000", await WebhookHarness.DetailOfAsync(announced), StringComparison.Ordinal);
            Assert.Contains("1000", await WebhookHarness.DetailOfAsync(chunked), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_largest_limit_that_can_be_set_is_the_one_that_holds()
    {
        const int Largest = 16 << 20;
        await using var host = await WebhookHarness.StartAsync($"Webhooks:MaxBodyBytes={Largest}", $"Journal:MaxPayloadBytes={Largest}");

        using var fits = await host.PostAsync("/webhooks/x", $"\"{new string('x', 12 << 20)}\"");
        using var chunked = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/webhooks/x")
        {
            Content = new StringContent(new string('1', Largest + 1)),
            Headers = { TransferEncodingChunked = true },
        });

        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.RequestEntityTooLarge], [fits.StatusCode, chunked.StatusCode]);
        Assert.Contains("Webhooks:MaxBodyBytes", await WebhookHarness.DetailOfAsync(chunked), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_fits_but_makes_too_large_an_event_is_refused()
    {
        await using var host = await WebhookHarness.StartAsync("Journal:MaxPayloadBytes=2000");

        using var response = await host.PostAsync("/webhooks/x", new string('1', 1999));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("Journal:MaxPayloadBytes", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 1000000000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7D0\r\n{0}\r\n7D0\r\n{0}\r\n")]
    public async Task A_body_without_end_is_refused_before_its_end(string message)
    {
        await using var host = await WebhookHarness.StartAsync("Webhooks:MaxBodyBytes=1000");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Addresses[0].Host, host.Addresses[0].Port, timeout.Token);
        var stream = socket.GetStream();

        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /webhooks/x HTTP/1.1\r\nHost: {host.Addresses[0].Authority}\r\n" + string.Format(null, message, new string('1', 2000))),
            timeout.Token);

        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.StartsWith("HTTP/1.1 413 ", await reader.ReadLineAsync(timeout.Token), StringComparison.Ordinal);
        Assert.Equal(0, host.Recorded);
    }
}
