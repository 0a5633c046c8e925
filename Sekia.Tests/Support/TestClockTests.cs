namespace Sekia.Tests.Support;

public sealed class TestClockTests
{
    [Fact]
    public async Task A_delay_ends_when_its_time_has_come_and_not_before()
    {
        var clock = new TestClock();
        var delay = Task.Delay(TimeSpan.FromSeconds(10), clock);

        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(delay.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(1));
        await delay;
    }

    [Fact]
    public async Task A_clock_that_is_set_back_leaves_a_delay_what_is_left_of_it()
    {
        var clock = new TestClock();
        var (start, began) = (clock.GetUtcNow(), clock.GetTimestamp());
        var delay = Task.Delay(TimeSpan.FromSeconds(10), clock);

        clock.Set(TimeSpan.FromDays(-1));
        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(delay.IsCompleted);
        Assert.Equal(start.AddDays(-1).AddSeconds(9), clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromSeconds(9), clock.GetElapsedTime(began));

        clock.Advance(TimeSpan.FromSeconds(1));
        await delay;
    }

    [Fact]
    public void A_periodic_timer_fires_at_each_due_time_and_no_more_once_disposed()
    {
        var clock = new TestClock();
        var fired = new List<DateTimeOffset>();
        var start = clock.GetUtcNow();
        var timer = clock.CreateTimer(_ => fired.Add(clock.GetUtcNow()), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        clock.Advance(TimeSpan.FromSeconds(4));
        timer.Dispose();
        clock.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal([start.AddSeconds(1), start.AddSeconds(3)], fired);
    }
}
