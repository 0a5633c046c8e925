using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;
using Sekia.Modules.Webhooks;

namespace Sekia.Tests.Webhooks;

public class WebhooksOptionsTests
{
    [Fact]
    public void What_is_set_as_documented_is_taken() =>
        Assert.Empty(Faults("deploys_1-A", new HookOptions { Secret = "s", SignatureHeader = "X-Hub-Signature-256", IdHeader = "X-GitHub-Delivery" }));

    [Theory]
    [InlineData("a b")]
    [InlineData("a.b")]
    [InlineData("")]
    public void A_name_that_no_address_can_have_is_named(string name) =>
        Assert.Contains($"'{name}'", Assert.Single(Faults(name, new HookOptions())), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_secret_does_not_pass_for_none(string secret) =>
        Assert.Contains("empty Secret", Assert.Single(Faults("x", new HookOptions { Secret = secret })), StringComparison.Ordinal);

    [Fact]
    public void Headers_that_are_none_are_all_named()
    {
        var faults = Faults("x", new HookOptions { SignatureHeader = "X Signature", IdHeader = "X-Id:" });

        Assert.Contains(faults, fault => fault.Contains("'X Signature'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("'X-Id:'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_host_does_not_start_with_an_empty_secret()
    {
        var fault = await Assert.ThrowsAsync<StartFailedException>(() => WebhookHarness.StartAsync("Webhooks:Hooks:x:Secret="));

        Assert.Contains("Webhooks:Hooks", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SignatureHeader=", "Webhooks:Hooks:x:SignatureHeader (command line --Webhooks:Hooks:x:SignatureHeader): must be the name of a header, for example \"X-Hub-Signature-256\", not ''.")]
    [InlineData("IdHeader=a b", "Webhooks:Hooks:x:IdHeader (command line --Webhooks:Hooks:x:IdHeader): must be the name of a header, for example \"X-GitHub-Delivery\", not 'a b'.")]
    public async Task A_header_that_is_none_is_named_by_its_setting(string setting, string expected)
    {
        var fault = await Assert.ThrowsAsync<StartFailedException>(() => WebhookHarness.StartAsync("Webhooks:Hooks:x:" + setting));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    private static List<string> Faults(string name, HookOptions hook)
    {
        var options = new WebhooksOptions { Hooks = new() { [name] = hook } };
        return [.. options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage!)];
    }
}
