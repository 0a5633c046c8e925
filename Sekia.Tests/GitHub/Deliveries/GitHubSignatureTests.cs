using System.Net;
using System.Security.Cryptography;
using System.Text;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub.Deliveries;

public sealed class GitHubSignatureTests
{
    private const string Header = "X-Hub-Signature-256";

    private static readonly byte[] s_body = """{"action":"opened","issue":{"number":1}}"""u8.ToArray();
    private static readonly string s_right = WebhookHarness.Sign(DeliveryHarness.Secret, s_body);

    [Fact]
    public async Task The_published_example_passes()
    {
        await using var host = await StartAsync();

        using var response = await host.PostAsync(
            "/webhooks/github", "Hello, World!"u8.ToArray(), ("X-GitHub-Event", "ping"), (Header, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"));

        // The signature is right, so what is left to say is that this is not JSON.
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    public static TheoryData<string, string[]> Forgeries() => new()
    {
        { "missing", [] },
        { "empty", [""] },
        { "no digits", ["sha256="] },
        { "zeros", ["sha256=" + new string('0', 64)] },
        { "another secret", [WebhookHarness.Sign("another", s_body)] },
        { "no secret", [WebhookHarness.Sign("", s_body)] },
        { "of the empty body", [WebhookHarness.Sign(DeliveryHarness.Secret, [])] },
        { "one digit less", [s_right[..^1]] },
        { "one byte less", [s_right[..^2]] },
        { "one digit more", [s_right + "0"] },
        { "last digit changed", [s_right[..^1] + (s_right[^1] == '0' ? '1' : '0')] },
        { "sha1 by name and length", ["sha1=" + Convert.ToHexStringLower(SHA1Of(s_body))] },
        { "sha1 by name only", ["sha1=" + s_right["sha256=".Length..]] },
        { "sha512", ["sha512=" + Convert.ToHexStringLower(HMACSHA512.HashData(Encoding.UTF8.GetBytes(DeliveryHarness.Secret), s_body))] },
        { "plain hash", ["sha256=" + Convert.ToHexStringLower(SHA256.HashData(s_body))] },
        { "a list", [s_right + "," + s_right] },
        { "the secret itself", [DeliveryHarness.Secret] },
        { "very long", ["sha256=" + new string('a', 10_000)] },
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forgery_is_refused_before_anything_in_it_is_believed(string kind, string[] signatures)
    {
        await using var host = await StartAsync();

        // No X-GitHub-Event: that would be the next thing to complain about.
        using var response = await host.PostAsync("/webhooks/github", s_body, [.. signatures.Select(signature => (Header, signature))]);

        var detail = await WebhookHarness.DetailOfAsync(response);
        Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, kind);
        Assert.Contains(Header, detail, StringComparison.Ordinal);
        Assert.Contains("GitHub:WebhookSecret", detail, StringComparison.Ordinal);
        Assert.DoesNotContain(DeliveryHarness.Secret, detail, StringComparison.Ordinal);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task Two_signatures_are_none()
    {
        await using var host = await StartAsync();

        foreach (var first in (string[])["sha256=" + new string('0', 64), s_right, ""])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await host.PostLinesAsync("/webhooks/github", s_body, ("X-GitHub-Event", "issues"), (Header, first), (Header, s_right)));
            Assert.Equal(HttpStatusCode.Unauthorized, await host.PostLinesAsync("/webhooks/github", s_body, ("X-GitHub-Event", "issues"), (Header, s_right), (Header, first)));
        }

        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task Letter_case_of_the_digits_does_not_matter()
    {
        await using var host = await StartAsync();

        using var response = await host.PostAsync(
            "/webhooks/github", s_body, ("X-GitHub-Event", "issues"), (Header, "sha256=" + s_right["sha256=".Length..].ToUpperInvariant()));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, host.Recorded);
    }

    [Fact]
    public async Task A_body_changed_by_any_bit_is_refused()
    {
        await using var host = await StartAsync();
        var bodies = Enumerable.Range(0, s_body.Length).Select(i => s_body.Select((b, at) => at == i ? (byte)(b ^ 1) : b).ToArray());

        foreach (var body in bodies.Append([.. s_body, (byte)' ']).Append([]))
        {
            using var response = await host.PostAsync("/webhooks/github", body, ("X-GitHub-Event", "issues"), (Header, s_right));
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        Assert.Equal(0, host.Recorded);
    }

    [Theory]
    [InlineData("/webhook")]
    [InlineData("/WEBHOOK")]
    [InlineData("/webhook/")]
    [InlineData("/Webhooks/GitHub")]
    [InlineData("/webhooks/github/")]
    [InlineData("/webhooks/%67ithub")]
    [InlineData("/webhooks/github/github-agent")]
    public async Task The_address_written_otherwise_does_not_get_round_the_secret(string path)
    {
        await using var host = await StartAsync();

        using var response = await host.PostAsync(path, s_body, ("X-GitHub-Event", "issues"));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(0, host.Recorded);
    }

    private static Task<DeliveryHarness> StartAsync() => DeliveryHarness.StartAsync(DeliveryHarness.SecretSetting);

#pragma warning disable CA5350 // What GitHub's older header bears.
    private static byte[] SHA1Of(byte[] body) => HMACSHA1.HashData(Encoding.UTF8.GetBytes(DeliveryHarness.Secret), body);
#pragma warning restore CA5350
}
