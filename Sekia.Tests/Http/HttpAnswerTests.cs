using System.Text;
using Sekia.Modules.Agents;
using Sekia.Tests.Support;
using static Sekia.Tests.Http.AnsweredBodies;

namespace Sekia.Tests.Http;

public class HttpAnswerTests
{
    [Fact]
    public async Task An_answer_shows_status_headers_body_and_json()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 404, """{"message":"no such thing","price":1.50}""", ("Content-Type", "application/problem+json"), ("X-Two", "a"), ("X-Two", "b"));
        using var http = HttpAgentHarness.OfThisMachine();

        var answer = await http.GetAsync(server.Address);

        Assert.Equal(404, answer.GetProperty("status").GetInt32());
        Assert.Equal("a, b", answer.GetProperty("headers").GetProperty("x-two").GetString());
        Assert.Equal("application/problem+json", answer.GetProperty("headers").GetProperty("content-type").GetString());
        Assert.Equal("""{"message":"no such thing","price":1.50}""", answer.GetProperty("body").GetString());
        Assert.Equal("1.50", answer.GetProperty("json").GetProperty("price").GetRawText());
        Assert.False(answer.GetProperty("truncated").GetBoolean());
        Assert.False(answer.TryGetProperty("body_base64", out _));
    }

    [Theory]
    [InlineData("text/plain", """{"a":1}""")]
    [InlineData("application/json", "{not json")]
    [InlineData("application/json", "")]
    [InlineData("application/json", "\"\\ud800\"")]
    public async Task Json_is_left_out_when_it_is_none(string type, string body)
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 200, body, ("Content-Type", type));
        using var http = HttpAgentHarness.OfThisMachine();

        var answer = await http.GetAsync(server.Address);

        Assert.Equal(body, answer.GetProperty("body").GetString());
        Assert.False(answer.TryGetProperty("json", out _));
    }

    [Fact]
    public async Task Json_nested_as_a_bomb_is_left_as_text()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 200, new string('[', 50_000) + new string(']', 50_000), ("Content-Type", "application/json"));
        using var http = HttpAgentHarness.OfThisMachine();

        var answer = await http.GetAsync(server.Address);

        Assert.Equal(100_000, answer.GetProperty("body").GetString()!.Length);
        Assert.False(answer.TryGetProperty("json", out _));
    }

    [Theory]
    [InlineData("text/plain", "utf-8", "grüße")]
    [InlineData("text/plain; charset=utf-8", "utf-8", "grüße")]
    [InlineData("text/plain; charset=\"UTF-8\"", "utf-8", "grüße")]
    [InlineData("text/plain; charset=utf8", "utf-8", "grüße")]
    [InlineData("text/plain; charset=iso-8859-1", "iso-8859-1", "grüße")]
    [InlineData("text/plain; charset=utf-16", "utf-16", "grüße")]
    [InlineData("text/html; charset=windows-1252", "windows-1252", "“grüße” – 5 €")]
    [InlineData("text/html; charset=shift_jis", "shift_jis", "日本語")]
    public async Task A_body_is_read_in_its_charset(string type, string charset, string text)
    {
        var bytes = (CodePagesEncodingProvider.Instance.GetEncoding(charset) ?? Encoding.GetEncoding(charset)).GetBytes(text);

        var answer = await AnswerWithBytesAsync(bytes, type);

        Assert.Equal(text, answer.GetProperty("body").GetString());
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_the_text() =>
        Assert.Equal("hi", (await AnswerWithBytesAsync([0xEF, 0xBB, 0xBF, (byte)'h', (byte)'i'], "text/plain")).GetProperty("body").GetString());

    [Theory]
    [InlineData("image/png", new byte[] { 0x89, 0x50, 0x4E, 0x47 })]
    [InlineData("text/plain", new byte[] { 0xC3, 0x28 })]
    [InlineData("text/plain; charset=utf-7", new byte[] { 0x2B, 0x41 })]
    [InlineData("text/plain; charset=no-such", new byte[] { 0x41 })]
    public async Task A_body_that_is_no_text_comes_in_base64(string type, byte[] bytes)
    {
        var answer = await AnswerWithBytesAsync(bytes, type);

        Assert.Equal(bytes, answer.GetProperty("body_base64").GetBytesFromBase64());
        Assert.False(answer.TryGetProperty("body", out _));
    }

    [Theory]
    [InlineData(99, false)]
    [InlineData(100, false)]
    [InlineData(101, true)]
    [InlineData(5_000_000, true)]
    public async Task A_body_is_cut_at_the_limit(int length, bool truncated)
    {
        var answer = await AnswerWithBytesAsync(Encoding.ASCII.GetBytes(new string('1', length)), "application/json", limit: 100);

        Assert.Equal(truncated, answer.GetProperty("truncated").GetBoolean());
        Assert.Equal(Math.Min(length, 100), answer.GetProperty("body").GetString()!.Length);
        Assert.Equal(!truncated, answer.TryGetProperty("json", out _));
    }

    [Fact]
    public async Task A_character_cut_in_two_is_left_out()
    {
        var answer = await AnswerWithBytesAsync(Encoding.UTF8.GetBytes("12345678€"), "text/plain", limit: 10);

        Assert.Equal("12345678", answer.GetProperty("body").GetString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_compressed_body_is_unpacked(string encoding)
    {
        var answer = await AnswerWithBytesAsync(Pack(encoding, "hello"u8.ToArray()), "text/plain", encoding: encoding);

        Assert.Equal("hello", answer.GetProperty("body").GetString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_body_that_is_not_compressed_as_it_says_fails_the_command(string encoding)
    {
        var fault = await Assert.ThrowsAsync<CommandFailedException>(() =>
            AnswerWithBytesAsync(Encoding.ASCII.GetBytes(new string('x', 1000)), "text/plain", encoding: encoding));

        Assert.Contains("Content-Encoding", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_a_network_error_when_the_request_may_be_repeated()
    {
        await using var server = await BreakingServerAsync("GET /");
        using var http = HttpAgentHarness.OfThisMachine();

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(server.Address));
    }

    [Fact]
    public async Task A_body_that_breaks_off_does_not_let_a_post_be_repeated()
    {
        await using var server = await BreakingServerAsync("POST /");
        using var http = HttpAgentHarness.OfThisMachine();

        var refusal = await http.RefusalAsync(new { method = "POST", url = server.Address });

        Assert.Contains("carried out", refusal, StringComparison.Ordinal);
    }

    private static async Task<RecordingServer> BreakingServerAsync(string request)
    {
        var server = await RecordingServer.StartAsync();
        server.On(request, async context =>
        {
            context.Response.ContentLength = 100;

            // Less than was announced: the server closes the connection. A reset could overtake the headers.
            await context.Response.Body.WriteAsync("half"u8.ToArray());
        });
        return server;
    }
}
