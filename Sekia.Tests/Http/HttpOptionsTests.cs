using System.ComponentModel.DataAnnotations;
using System.Net;
using Sekia.Modules.Http;

namespace Sekia.Tests.Http;

public class HttpOptionsTests
{
    [Theory]
    [InlineData("192.168.1.20", "192.168.1.20", "192.168.1.21")]
    [InlineData("10.1.0.0/16", "10.1.255.255", "10.2.0.0")]
    [InlineData("10.1.2.3/16", "10.1.0.1", "10.2.0.0")]
    [InlineData("::1", "::1", "::2")]
    [InlineData("fd00::/8", "fdff::1", "fc00::1")]
    [InlineData("0.0.0.0/0", "127.0.0.1", "::1")]
    public void A_listed_address_is_allowed_and_its_neighbour_is_not(string entry, string inside, string outside)
    {
        var options = new HttpOptions { AllowedAddresses = [entry] };

        Assert.Empty(Faults(options));
        Assert.True(options.Allows(IPAddress.Parse(inside)));
        Assert.False(options.Allows(IPAddress.Parse(outside)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10/8")]
    [InlineData("127.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    [InlineData(" 10.0.0.1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("10.0.0.0/255.0.0.0")]
    [InlineData("::1/129")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("10.0.0.0-10.0.0.9")]
    public void An_entry_that_is_no_address_is_named(string entry)
    {
        var fault = Assert.Single(Faults(new HttpOptions { AllowedAddresses = ["10.0.0.1", entry] }));

        Assert.Contains($"'{entry}'", fault.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal([nameof(HttpOptions.AllowedAddresses)], fault.MemberNames);
    }

    [Fact]
    public void All_faulty_entries_are_named_at_once() =>
        Assert.Equal(2, Faults(new HttpOptions { AllowedAddresses = ["a", "10.0.0.1", "b"] }).Count);

    private static List<ValidationResult> Faults(HttpOptions options)
    {
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);
        return faults;
    }
}
