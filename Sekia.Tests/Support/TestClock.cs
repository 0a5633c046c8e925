namespace Sekia.Tests.Support;

/// <summary>A clock that stands still until a test moves it. Timers fire on the thread that does.</summary>
internal sealed class TestClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<TestTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _set;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return (_now - _set).Ticks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new TestTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves time on; every timer that falls due on the way fires, in order.</summary>
    public void Advance(TimeSpan by)
    {
        var until = GetUtcNow() + by;
        while (NextDue(until) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            // Two that move it at the same time do not move it back.
            _now = until > _now ? until : _now;
        }
    }

    /// <summary>Sets the clock on or back, as a person or a time server does: timers and timestamps do not notice.</summary>
    public void Set(TimeSpan by)
    {
        lock (_lock)
        {
            _now += by;
            _set += by;
            foreach (var timer in _timers)
            {
                timer.Shift(by);
            }
        }
    }

    /// <summary>Whether a timer is to fire at this very time.</summary>
    public bool IsAnyoneWaitingFor(DateTimeOffset due)
    {
        lock (_lock)
        {
            return _timers.Exists(timer => timer.Due == due);
        }
    }

    /// <summary>Waits until a timer is set for a time: one that is set after the clock has moved on would fire too late.</summary>
    /// <param name="due">In Unix milliseconds.</param>
    public Task SomeoneWaitsForAsync(long due) => Eventually.HoldsAsync(() => IsAnyoneWaitingFor(DateTimeOffset.FromUnixTimeMilliseconds(due)));

    private TestTimer? NextDue(DateTimeOffset until)
    {
        lock (_lock)
        {
            var timer = _timers.Where(t => t.Due <= until).MinBy(t => t.Due);
            if (timer is not null && timer.Due > _now)
            {
                _now = timer.Due;
            }

            timer?.Reschedule();
            return timer;
        }
    }

    private sealed class TestTimer(TestClock clock, Action callback) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset Due { get; private set; } = DateTimeOffset.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                _period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : clock._now + dueTime;
                clock._timers.Remove(this);
                clock._timers.Add(this);
            }

            // As a real timer does, though on this thread: due at once means now.
            if (dueTime == TimeSpan.Zero)
            {
                clock.Advance(TimeSpan.Zero);
            }

            return true;
        }

        public void Fire() => callback();

        public void Reschedule() =>
            Due = _period > TimeSpan.Zero ? Due + _period : DateTimeOffset.MaxValue;

        public void Shift(TimeSpan by) => Due = Due == DateTimeOffset.MaxValue ? Due : Due + by;

        public void Dispose()
        {
            lock (clock._lock)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
