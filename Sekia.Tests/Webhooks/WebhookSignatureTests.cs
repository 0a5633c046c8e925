using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Sekia.Tests.Webhooks;

public class WebhookSignatureTests
{
    private const string Secret = "It's a Secret to Everybody";
    private const string Setting = "Webhooks:Hooks:x:Secret=" + Secret;

    private static readonly byte[] s_body = "{\"text\": \"Hello, World!\"}"u8.ToArray();

    [Fact]
    public async Task The_published_example_of_github_passes()
    {
        await using var host = await WebhookHarness.StartAsync(Setting, "Webhooks:Hooks:x:SignatureHeader=X-Hub-Signature-256");

        using var response = await host.PostAsync(
            "/webhooks/x", "Hello, World!", ("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"));

        // The signature is right, so what is left to say is that this is not JSON.
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_signed_body_is_accepted_with_or_without_the_prefix_in_either_case()
    {
        await using var host = await WebhookHarness.StartAsync(Setting);
        var signature = WebhookHarness.Sign(Secret, s_body);
        string[] forms = [signature, signature["sha256=".Length..], signature.ToUpperInvariant()];

        foreach (var form in forms)
        {
            using var response = await host.PostAsync("/webhooks/x", s_body, ("X-Signature-256", form));
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        Assert.Equal(3, host.Recorded);
    }

    public static TheoryData<string, string?> Forgeries()
    {
        var right = WebhookHarness.Sign(Secret, s_body);
        return new()
        {
            { "missing", null },
            { "empty", "" },
            { "no digits", "sha256=" },
            { "zeros", "sha256=" + new string('0', 64) },
            { "another secret", WebhookHarness.Sign("another", s_body) },
            { "no secret", WebhookHarness.Sign("", s_body) },
            { "one digit less", right[..^1] },
            { "half", right[..39] },
            { "one digit more", right + "0" },
            { "last digit changed", right[..^1] + (right[^1] == '0' ? '1' : '0') },
            { "a letter that is no digit", right[..^1] + "g" },
            { "twice the prefix", "sha256=" + right },
            { "spaces inside", right.Insert(20, " ") },
            { "sha1 by name", "sha1=" + right["sha256=".Length..][..40] },
            { "sha1 with digits of sha256", "sha1=" + right["sha256=".Length..] },
            { "sha512 by name", "sha512=" + Convert.ToHexStringLower(HMACSHA512.HashData(Encoding.UTF8.GetBytes(Secret), s_body)) },
            { "as short as sha1", right[..("sha256=".Length + 40)] },
            { "plain hash", "sha256=" + Convert.ToHexStringLower(SHA256.HashData(s_body)) },
            { "base64", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), s_body)) },
            { "the secret itself", Secret },
        };
    }

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forged_signature_is_refused_with_the_way_to_a_right_one(string kind, string? signature)
    {
        await using var host = await WebhookHarness.StartAsync(Setting);

        using var response = await host.PostAsync("/webhooks/x", s_body, signature is null ? [] : [("X-Signature-256", signature)]);

        var detail = await WebhookHarness.DetailOfAsync(response);
        Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, kind);
        Assert.Contains("X-Signature-256", detail, StringComparison.Ordinal);
        Assert.Contains("HMAC-SHA256 of the raw body", detail, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, detail, StringComparison.Ordinal);
        Assert.DoesNotContain(WebhookHarness.Sign(Secret, s_body)["sha256=".Length..], detail, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task A_body_changed_by_any_bit_is_refused()
    {
        await using var host = await WebhookHarness.StartAsync(Setting);
        var signature = WebhookHarness.Sign(Secret, s_body);

        for (var i = 0; i < s_body.Length; i++)
        {
            var changed = s_body.ToArray();
            changed[i] ^= 1;
            using var response = await host.PostAsync("/webhooks/x", changed, ("X-Signature-256", signature));
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        using var longer = await host.PostAsync("/webhooks/x", [.. s_body, (byte)' '], ("X-Signature-256", signature));
        using var empty = await host.PostAsync("/webhooks/x", [], ("X-Signature-256", signature));
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [longer.StatusCode, empty.StatusCode]);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task Two_signatures_are_none()
    {
        await using var host = await WebhookHarness.StartAsync(Setting);
        var signature = WebhookHarness.Sign(Secret, s_body);

        using var response = await host.PostAsync("/webhooks/x", s_body, ("X-Signature-256", "sha256=00"), ("X-Signature-256", signature));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("/webhooks/X")]
    [InlineData("/WEBHOOKS/x")]
    [InlineData("/webhooks/x/")]
    [InlineData("/webhooks/%78")]
    public async Task The_address_written_otherwise_does_not_get_round_the_secret(string path)
    {
        await using var host = await WebhookHarness.StartAsync(Setting);

        using var response = await host.PostAsync(path, s_body);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task Nothing_of_an_unsigned_body_is_judged()
    {
        await using var host = await WebhookHarness.StartAsync(Setting);

        using var response = await host.PostAsync("/webhooks/x", "not json", ("X-Signature-256", new string('0', 64)));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task The_secret_of_one_webhook_is_not_asked_of_another()
    {
        await using var host = await WebhookHarness.StartAsync(Setting);

        using var response = await host.PostAsync("/webhooks/y", s_body);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }
}
