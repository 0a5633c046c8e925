using System.Globalization;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Tests.Hosting;

public sealed class DurationTests
{
    [Theory]
    [InlineData("00:00:30", "00:00:30")]
    [InlineData("1.02:00:00", "1.02:00:00")]
    [InlineData("30s", "00:00:30")]
    [InlineData("1h30m", "01:30:00")]
    [InlineData("1.5h", "01:30:00")]
    [InlineData("250ms", "00:00:00.250")]
    [InlineData("2m3s4ms", "00:02:03.004")]
    [InlineData("0s", "00:00:00")]
    public void A_duration_is_read(string text, string expected)
    {
        Assert.True(Duration.TryParse(text, out var value));
        Assert.Equal(TimeSpan.Parse(expected, CultureInfo.InvariantCulture), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("30x")]
    [InlineData("-30s")]
    [InlineData("1h30")]
    [InlineData("1..5h")]
    [InlineData("99999999999999999h")]
    [InlineData("25:61:00")]
    public void What_is_no_duration_is_refused(string text)
    {
        Assert.False(Duration.TryParse(text, out _));
    }
}
