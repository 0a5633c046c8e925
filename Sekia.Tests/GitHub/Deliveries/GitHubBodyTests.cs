using System.IO.Compression;
using System.Net;
using System.Text;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub.Deliveries;

public sealed class GitHubBodyTests
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Issue = """{"action":"opened","issue":{"number":7,"title":"a+b & 100% = é","body":"x"}}""";
    private const int Largest = 25 << 20;

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" \n", "empty")]
    [InlineData("{", "not valid JSON (line 1, byte 2)")]
    [InlineData("{\"a\":1,}", "not valid JSON")]
    [InlineData("{}{}", "not valid JSON")]
    [InlineData("hello", "not valid JSON")]
    [InlineData("payload=%7B%7D", "not valid JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("1", "must be a JSON object")]
    [InlineData("\"text\"", "must be a JSON object")]
    [InlineData(" null ", "must be a JSON object")]
    [InlineData("\uFEFF{}", "not valid JSON")]
    public async Task What_is_no_json_object_is_refused_with_the_reason(string body, string reason)
    {
        await using var host = await StartAsync();

        using var response = await host.DeliverAsync("issues", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(reason, await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":", "}")]
    [InlineData("[", "]")]
    public async Task A_nested_bomb_is_refused(string open, string close)
    {
        await using var host = await StartAsync();
        var bomb = $$"""{"action":"opened","issue":{{string.Concat(Enumerable.Repeat(open, 10_000))}}1{{string.Concat(Enumerable.Repeat(close, 10_000))}}}""";

        using var response = await host.DeliverAsync("issues", bomb);
        using var inForm = await host.DeliverAsync("issues", "payload=" + Uri.EscapeDataString(bomb), type: Form);

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], [response.StatusCode, inForm.StatusCode]);
        Assert.Contains("nested deeper than 64", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_utf8_is_refused()
    {
        await using var host = await StartAsync();
        byte[] body = [.. "{\"action\":\""u8, 0xC3, 0x28, .. "\"}"u8];

        using var plain = await host.PostAsync("/webhooks/github", body, ("X-GitHub-Event", "issues"), ("X-Hub-Signature-256", WebhookHarness.Sign(DeliveryHarness.Secret, body)));
        using var inForm = await host.DeliverAsync("issues", "payload=%7B%22action%22%3A%22%C3%28%22%7D", type: Form);

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], [plain.StatusCode, inForm.StatusCode]);
        Assert.Contains("UTF-8", await WebhookHarness.DetailOfAsync(inForm), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_body_is_refused_and_never_inflated()
    {
        await using var host = await StartAsync();
        using var zipped = new MemoryStream();
        await using (var zip = new GZipStream(zipped, CompressionMode.Compress, leaveOpen: true))
        {
            await zip.WriteAsync(Encoding.UTF8.GetBytes(Issue));
        }

        var body = zipped.ToArray();
        using var response = await host.PostAsync(
            "/webhooks/github", body, ("X-GitHub-Event", "issues"), ("X-Hub-Signature-256", WebhookHarness.Sign(DeliveryHarness.Secret, body)), ("Content-Encoding", "gzip"));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal(0, host.Recorded);
    }

    [Theory]
    [InlineData(Form)]
    [InlineData("Application/X-WWW-Form-Urlencoded; charset=utf-8")]
    public async Task A_form_means_the_same(string type)
    {
        await using var host = await StartAsync();

        using var asGitHubEscapes = await host.DeliverAsync("issues", "payload=" + WebUtility.UrlEncode(Issue), id: "d1", type: type);
        using var otherwise = await host.DeliverAsync("issues", "a=1&payload=" + Uri.EscapeDataString(Issue) + "&b=2", id: "d2", type: type);
        using var plain = await host.DeliverAsync("issues", Issue, id: "d3");

        Assert.Equal(3, host.Recorded);
        Assert.Equal("a+b & 100% = é", host.PayloadAt(1).GetProperty("title").GetString());
        Assert.Equal(host.At(3).Payload.ToArray(), host.At(1).Payload.ToArray());
        Assert.Equal(host.At(3).Payload.ToArray(), host.At(2).Payload.ToArray());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData(Form)]
    public async Task Json_under_another_name_is_json(string type)
    {
        await using var host = await StartAsync();

        using var response = await host.DeliverAsync("issues", """ {"action":"opened","issue":{"title":"a&payload=%7B%7D&b"}}""", type: type);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("a&payload=%7B%7D&b", host.PayloadAt(1).GetProperty("title").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("payload")]
    [InlineData("other=%7B%7D")]
    [InlineData("xpayload=%7B%7D")]
    public async Task A_form_without_its_field_is_refused(string form)
    {
        await using var host = await StartAsync();

        using var response = await host.DeliverAsync("issues", form, type: Form);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("'payload'", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("payload=")]
    [InlineData("payload=%")]
    [InlineData("payload=%7")]
    [InlineData("payload=%ZZ%7B%7D")]
    [InlineData("payload=&payload=%7B%7D")]
    public async Task A_form_escaped_wrongly_is_refused(string form)
    {
        await using var host = await StartAsync();

        using var response = await host.DeliverAsync("issues", form, type: Form);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task The_largest_delivery_that_github_sends_is_taken_and_a_larger_one_is_not()
    {
        await using var host = await StartAsync();
        var start = Issue[..^1];
        var largest = $$"""{{start}},"more":"{{new string('x', Largest - Encoding.UTF8.GetByteCount(start) - 11)}}"}""";
        Assert.Equal(Largest, Encoding.UTF8.GetByteCount(largest));

        using var fits = await host.DeliverAsync("issues", largest);
        using var announced = await host.DeliverAsync("issues", largest + " ");
        using var chunked = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/webhooks/github")
        {
            Content = new StringContent(largest + " "),
            Headers = { { "X-GitHub-Event", "issues" }, { "X-Hub-Signature-256", "sha256=" + new string('0', 64) }, { "Transfer-Encoding", "chunked" } },
        });

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.RequestEntityTooLarge], [fits.StatusCode, announced.StatusCode, chunked.StatusCode]);
        Assert.Contains("26214400", await WebhookHarness.DetailOfAsync(announced), StringComparison.Ordinal);
        Assert.Contains("26214400", await WebhookHarness.DetailOfAsync(chunked), StringComparison.Ordinal);
        Assert.Equal(1, host.Recorded);
    }

    private static Task<DeliveryHarness> StartAsync() => DeliveryHarness.StartAsync(DeliveryHarness.SecretSetting);
}
