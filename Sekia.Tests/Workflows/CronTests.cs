using System.Globalization;
using Sekia.Modules.Workflows;

namespace Sekia.Tests.Workflows;

public sealed class CronTests
{
    [Theory]
    [InlineData("* * * * *", "2026-03-01T10:00:30Z", "2026-03-01T10:01:00Z")]
    [InlineData("*/15 * * * *", "2026-03-01T10:00:00Z", "2026-03-01T10:15:00Z")]
    [InlineData("0 9 * * 1-5", "2026-03-06T09:00:00Z", "2026-03-09T09:00:00Z")]
    [InlineData("0 0 1 * *", "2026-01-31T12:00:00Z", "2026-02-01T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("30 23 31 12 *", "2026-12-31T23:30:00Z", "2027-12-31T23:30:00Z")]
    [InlineData("0 12 13 * 5", "2026-03-01T00:00:00Z", "2026-03-06T12:00:00Z")]
    [InlineData("0 12 * * 7", "2026-03-01T12:00:00Z", "2026-03-08T12:00:00Z")]
    [InlineData("0 12 * * 0", "2026-03-01T12:00:00Z", "2026-03-08T12:00:00Z")]
    [InlineData("5,10-12 1/6 * * *", "2026-03-01T01:10:00Z", "2026-03-01T01:11:00Z")]
    public void The_next_time_is_the_calendar_s(string schedule, string after, string expected) =>
        Assert.Equal(Time(expected), Cron.Parse(schedule, TimeZoneInfo.Utc).After(Time(after)));

    [Theory]
    [InlineData("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("0 9 * * *", "2026-07-01T00:00:00Z", "2026-07-01T07:00:00Z")]
    public void A_time_that_the_clock_skips_or_repeats_comes_once(string schedule, string after, string expected) =>
        Assert.Equal(Time(expected), Cron.Parse(schedule, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).After(Time(after)));

    [Theory]
    [InlineData("", "0 fields")]
    [InlineData("* * * *", "4 fields")]
    [InlineData("60 * * * *", "'60' is no minute")]
    [InlineData("* 24 * * *", "'24' is no hour")]
    [InlineData("* * 0 * *", "'0' is no day of month")]
    [InlineData("* * * 13 *", "'13' is no month")]
    [InlineData("* * * * 8", "'8' is no day of week")]
    [InlineData("5-1 * * * *", "'5-1' is no minute")]
    [InlineData("*/0 * * * *", "'*/0' is no minute")]
    [InlineData("a * * * *", "'a' is no minute")]
    [InlineData("0 0 31 2 *", "never comes")]
    public void What_is_no_schedule_is_refused_by_its_field(string schedule, string fault) =>
        Assert.Contains(fault, Assert.Throws<FormatException>(() => Cron.Parse(schedule, TimeZoneInfo.Utc)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_steady_interval_stays_where_it_began()
    {
        var schedule = new Schedule(1, "", Schedule.Every(TimeSpan.FromSeconds(10)), CatchesUp: false, Function: 0);

        Assert.Equal(Time("2026-01-01T00:01:00Z"), schedule.After(Time("2026-01-01T00:00:00Z"), Time("2026-01-01T00:00:55Z")));
        Assert.Equal(Time("2026-01-01T00:00:10Z"), schedule.After(Time("2026-01-01T00:00:00Z"), Time("2026-01-01T00:00:00Z")));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
