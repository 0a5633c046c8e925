using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.GitHub.Deliveries;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub.Deliveries;

public sealed class UnsignedDeliveriesTests
{
    private static readonly byte[] s_issue = """{"action":"opened","issue":{"number":1}}"""u8.ToArray();

    [Theory]
    [InlineData("GitHub:WebhookSecret=")]
    [InlineData("GitHub:DryRun=true")]
    public async Task From_this_machine_they_are_taken_and_the_log_says_so_once(string setting)
    {
        await using var host = await DeliveryHarness.StartAsync(setting);

        using var first = await PostAsync(host, "/webhooks/github");
        using var second = await PostAsync(host, "/webhook");

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [first.StatusCode, second.StatusCode]);
        Assert.Equal(2, host.Recorded);
        Assert.Equal(1, host.Root.Log().Split("github-agent takes unsigned webhook deliveries from this machine, because GitHub:WebhookSecret is not set").Length - 1);
    }

    [Fact]
    public async Task A_signature_that_nobody_can_check_does_no_harm()
    {
        await using var host = await DeliveryHarness.StartAsync();

        using var response = await PostAsync(host, "/webhooks/github", ("X-Hub-Signature-256", "sha256=00"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.10", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData(null, true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("::ffff:192.0.2.1", false)]
    public void From_here_is_from_a_loopback_address(string? sender, bool isFromHere)
    {
        var context = new DefaultHttpContext { Request = { Host = new HostString("localhost") } };
        context.Connection.RemoteIpAddress = sender is null ? null : IPAddress.Parse(sender);

        Assert.Equal(isFromHere, UnsignedDeliveries.IsFromHere(context));
    }

    [OwnAddressFact]
    public async Task From_another_address_they_are_refused_with_the_setting_to_set()
    {
        await using var host = await DeliveryHarness.StartAsync($"Host:Listen={OwnAddress.Find()}:0", "Dashboard:Username=ann", "Dashboard:Password=secret-pass");

        using var response = await PostAsync(host, "/webhooks/github");

        var detail = await WebhookHarness.DetailOfAsync(response);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("Set GitHub:WebhookSecret", detail, StringComparison.Ordinal);
        Assert.Contains("GITHUB_WEBHOOK_SECRET", detail, StringComparison.Ordinal);
        Assert.Equal(0, host.Recorded);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "198.51.100.7")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Forwarded", "for=198.51.100.7")]
    public async Task What_a_proxy_on_this_machine_brings_is_not_from_here(string header, string value)
    {
        await using var host = await DeliveryHarness.StartAsync();

        using var response = await PostAsync(host, "/webhooks/github", (header, value));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task What_comes_to_the_address_for_tunnels_is_not_from_here()
    {
        await using var host = await DeliveryHarness.StartAsync("Webhooks:Listen=127.0.0.1:0");

        using var response = await PostAsync(host, new Uri(host.Addresses[1], "/webhooks/github").AbsoluteUri);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("Set GitHub:WebhookSecret", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task An_account_with_a_name_needs_a_secret_of_its_own()
    {
        await using var host = await DeliveryHarness.StartAsync(DeliveryHarness.SecretSetting, "GitHub:Instances:work:DryRun=true", "Webhooks:Listen=127.0.0.1:0");

        using var response = await PostAsync(host, new Uri(host.Addresses[1], "/webhooks/github/work").AbsoluteUri);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("Set GitHub:Instances:work:WebhookSecret to the secret of the webhook.", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> PostAsync(DeliveryHarness host, string path, params (string Name, string Value)[] headers) =>
        host.PostAsync(path, s_issue, [("X-GitHub-Event", "issues"), .. headers]);
}

/// <summary>An address of this machine that others can reach.</summary>
internal static class OwnAddress
{
    public static IPAddress? Find() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
}

/// <summary>A fact about such an address: skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OwnAddressFactAttribute : FactAttribute
{
    public OwnAddressFactAttribute() => Skip = OwnAddress.Find() is null ? "This machine has no address but loopback." : null;
}
