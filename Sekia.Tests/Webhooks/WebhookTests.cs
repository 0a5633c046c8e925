using System.Net;
using System.Text;
using System.Text.Json;

namespace Sekia.Tests.Webhooks;

public class WebhookTests
{
    [Fact]
    public async Task A_json_request_becomes_an_event()
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/deploys?env=prod&tag=a&tag=b", """{"ok": true}""", ("X-Event", "push"));

        var receipt = await WebhookHarness.JsonOfAsync(response);
        var evt = await host.NextEventAsync();
        var payload = JsonElement.Parse(evt.Payload.Span);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal((evt.Id, evt.Seq, false), (receipt.GetProperty("id").GetString(), receipt.GetProperty("seq").GetInt64(), receipt.GetProperty("duplicate").GetBoolean()));
        Assert.Equal(("sekia.events.webhook", "webhook.received", "webhook"), (evt.Subject, evt.Type, evt.Source));
        Assert.Null(evt.Key);
        Assert.Equal(["name", "headers", "query", "body"], payload.EnumerateObject().Select(field => field.Name));
        Assert.Equal("deploys", payload.GetProperty("name").GetString());
        Assert.Equal("push", payload.GetProperty("headers").GetProperty("x-event").GetString());
        Assert.Equal("""{"env":"prod","tag":"a, b"}""", payload.GetProperty("query").GetRawText());
        Assert.Equal(1, host.Agent.Events);
    }

    [Theory]
    [InlineData("{ \"b\": 1.50,\r\n  \"a\" : 1e400, \"b\":2, \"\\u0041\": \"\\/ é\" }")]
    [InlineData("[1, [2], {}]")]
    [InlineData("\"text\"")]
    [InlineData("12345678901234567890123")]
    [InlineData("true")]
    [InlineData("null")]
    public async Task The_body_stays_as_it_came_byte_for_byte(string body)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", body);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.EndsWith($"\"body\":{body}}}", Encoding.UTF8.GetString((await host.NextEventAsync()).Payload.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_in_the_body_is_replaced_for_no_reader_can_hold_it()
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", """{"text":"cut \ud83d","whole":"\ud83d\ude00"}""");

        Assert.EndsWith(""""body":{"text":"cut \ufffd","whole":"\ud83d\ude00"}}"""", Encoding.UTF8.GetString((await host.NextEventAsync()).Payload.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_body_is_null()
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", "");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(JsonValueKind.Null, JsonElement.Parse((await host.NextEventAsync()).Payload.Span).GetProperty("body").ValueKind);
    }

    [Fact]
    public async Task What_proves_the_sender_is_not_shown()
    {
        await using var host = await WebhookHarness.StartAsync("Webhooks:Hooks:x:SignatureHeader=X-Proof");

        using var response = await host.PostAsync(
            "/webhooks/x?token=s3cret&api_key=s3cret&sig=s3cret&page=2",
            "{}",
            ("Authorization", "Bearer s3cret"),
            ("Proxy-Authorization", "Basic s3cret"),
            ("Cookie", "session=s3cret"),
            ("X-Proof", "s3cret"),
            ("X-Hub-Signature-256", "s3cret"),
            ("X-Gitlab-Token", "s3cret"),
            ("X-Api-Key", "s3cret"),
            ("X-Auth-User", "s3cret"),
            ("X-Webhook-Secret", "s3cret"),
            ("Webhook-Signature", "s3cret"),
            ("Webhook-Id", "w1"),
            ("Ce-Type", "t"),
            ("X-GitHub-Event", "push"),
            ("X-Event-Key", "repo:push"),
            ("Accept", "*/*"));

        var payload = (await host.NextEventAsync()).Payload;
        var shown = JsonElement.Parse(payload.Span);
        Assert.DoesNotContain("s3cret", Encoding.UTF8.GetString(payload.Span), StringComparison.Ordinal);
        Assert.Equal(
            ["ce-type", "content-type", "webhook-id", "x-event-key", "x-github-event"],
            shown.GetProperty("headers").EnumerateObject().Select(header => header.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["page"], shown.GetProperty("query").EnumerateObject().Select(parameter => parameter.Name));
    }

    [Theory]
    [InlineData("accessToken")]
    [InlineData("ACCESS_TOKEN")]
    [InlineData("accesstoken")]
    [InlineData("key")]
    [InlineData("apiKey")]
    [InlineData("APIKeyV2")]
    [InlineData("webhookkey")]
    [InlineData("pwd")]
    [InlineData("dbPwd")]
    [InlineData("pass")]
    [InlineData("userPass1")]
    [InlineData("passwd")]
    [InlineData("code")]
    [InlineData("sas")]
    [InlineData("sign")]
    [InlineData("OAuth2")]
    [InlineData("user%5Bpass%5D")]
    public async Task A_secret_in_the_query_is_not_shown_however_it_is_written(string parameter)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync($"/webhooks/x?{parameter}=s3cret&author=a&signal=b&compass=c&keyboard=d&encoder=e", "{}");

        Assert.Equal(
            """{"author":"a","signal":"b","compass":"c","keyboard":"d","encoder":"e"}""",
            JsonElement.Parse((await host.NextEventAsync()).Payload.Span).GetProperty("query").GetRawText());
    }

    [Theory]
    [InlineData("X-AccessToken", false)]
    [InlineData("X-Webhook-Key", false)]
    [InlineData("X-ApiKey", false)]
    [InlineData("X-DbPass", false)]
    [InlineData("Idempotency-Key", true)]
    [InlineData("X-GitHub-Delivery", true)]
    [InlineData("X-Author", true)]
    public async Task A_header_is_shown_unless_it_is_named_like_a_secret(string header, bool isShown)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", "{}", (header, "v4lue"));

        Assert.Equal(isShown, Encoding.UTF8.GetString((await host.NextEventAsync()).Payload.Span).Contains("v4lue", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"},\"body\":{\"admin\":true},\"x\":{\"y\":\"")]
    [InlineData("%22%7d%ed%a0%80%00%ff")]
    public async Task Nothing_in_the_query_can_break_out_of_it(string value)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync($"/webhooks/x?q={Uri.EscapeDataString(value)}&r={value.Replace("\"", "%22", StringComparison.Ordinal)}", "1");

        var payload = JsonElement.Parse((await host.NextEventAsync()).Payload.Span);
        Assert.Equal(["name", "headers", "query", "body"], payload.EnumerateObject().Select(field => field.Name));
        Assert.Equal(value, payload.GetProperty("query").GetProperty("q").GetString());
    }

    [Fact]
    public async Task The_same_idempotency_key_is_accepted_twice_and_recorded_once()
    {
        await using var host = await WebhookHarness.StartAsync();

        using var first = await host.PostAsync("/webhooks/x", """{"n":1}""", ("Idempotency-Key", "k"));
        using var second = await host.PostAsync("/webhooks/x", """{"n":2}""", ("idempotency-key", " k "));
        using var ofAnother = await host.PostAsync("/webhooks/y", """{"n":3}""", ("Idempotency-Key", "k"));

        var (one, two) = (await WebhookHarness.JsonOfAsync(first), await WebhookHarness.JsonOfAsync(second));
        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.Accepted, HttpStatusCode.Accepted], [first.StatusCode, second.StatusCode, ofAnother.StatusCode]);
        Assert.False(one.GetProperty("duplicate").GetBoolean());
        Assert.True(two.GetProperty("duplicate").GetBoolean());
        Assert.Equal(one.GetProperty("id").GetString(), two.GetProperty("id").GetString());
        Assert.False((await WebhookHarness.JsonOfAsync(ofAnother)).GetProperty("duplicate").GetBoolean());
        Assert.Equal(2, host.Recorded);
        Assert.Equal("x:k", (await host.NextEventAsync()).Key);
        Assert.Equal(2, host.Agent.Events);
    }

    [Fact]
    public async Task The_header_set_for_a_webhook_tells_its_deliveries_apart()
    {
        await using var host = await WebhookHarness.StartAsync("Webhooks:Hooks:x:IdHeader=X-Delivery");

        using var first = await host.PostAsync("/webhooks/x", "1", ("X-Delivery", "d1"), ("Idempotency-Key", "k1"));
        using var second = await host.PostAsync("/webhooks/x", "1", ("X-Delivery", "d1"), ("Idempotency-Key", "k2"));
        using var third = await host.PostAsync("/webhooks/x", "1", ("Idempotency-Key", "k2"));

        Assert.Equal("x:d1", (await host.NextEventAsync()).Key);
        Assert.Equal("x:k2", (await host.NextEventAsync()).Key);
        Assert.Equal(2, host.Recorded);
    }

    [Theory]
    [InlineData("X-GitHub-Delivery")]
    [InlineData("X-Request-Id")]
    public async Task A_header_that_nobody_set_is_no_key(string header)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var first = await host.PostAsync("/webhooks/x", "1", (header, "same"));
        using var second = await host.PostAsync("/webhooks/x", "2", (header, "same"));

        Assert.Equal(2, host.Recorded);
    }

    [Fact]
    public async Task A_key_too_long_to_keep_is_refused()
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/x", "1", ("Idempotency-Key", new string('k', 600)));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("512", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("a%20b")]
    [InlineData("a%2Fb")]
    [InlineData("%2e%2e%2fx")]
    [InlineData("a:b")]
    [InlineData("n%C3%A5l")]
    [InlineData("%00")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.PostAsync("/webhooks/" + name, "{}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task Only_known_names_exist_when_that_is_asked_for()
    {
        await using var host = await WebhookHarness.StartAsync("Webhooks:RequireKnown=true", "Webhooks:Hooks:Known:IdHeader=X-Id");

        using var known = await host.PostAsync("/webhooks/known", "{}");
        using var other = await host.PostAsync("/webhooks/other", "{}");

        Assert.Equal(HttpStatusCode.Accepted, known.StatusCode);
        Assert.Equal("Known", JsonElement.Parse((await host.NextEventAsync()).Payload.Span).GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        Assert.Contains("Webhooks:Hooks", await WebhookHarness.DetailOfAsync(other), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Any_other_method_is_told_to_use_post(string method)
    {
        await using var host = await WebhookHarness.StartAsync();

        using var response = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/webhooks/x"));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
        Assert.Contains("POST", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_address_serves_them_too()
    {
        await using var host = await WebhookHarness.StartAsync("Webhooks:Listen=127.0.0.1:0");

        using var response = await host.PostAsync(new Uri(host.Addresses[1], "/webhooks/x").AbsoluteUri, "{}", ("Host", "hooks.example.com"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    [Fact]
    public async Task They_stand_in_the_registry()
    {
        await using var host = await WebhookHarness.StartAsync();

        Assert.Equal(["webhooks"], host.Agent.Agent.Capabilities);
        Assert.Empty(host.Agent.Agent.Commands);
    }
}
