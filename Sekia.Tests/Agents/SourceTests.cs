using System.Net;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class SourceTests
{
    private readonly TestClock _clock = new();
    private readonly TestAgent _agent = new();

    [Fact]
    public async Task Batches_are_read_one_after_the_other_each_from_where_the_last_was_recorded()
    {
        _agent.OnRead = (cursor, _) => Task.FromResult<SourceBatch?>(cursor switch
        {
            null => new SourceBatch([Said("a"), Said("b")], "two", TimeSpan.Zero),
            "two" => new SourceBatch([Said("c")], "three", TimeSpan.Zero),
            _ => new SourceBatch([], "three", TimeSpan.FromHours(1)),
        });
        await using var host = AgentHost.Start(_agent, clock: _clock);

        await Eventually.HoldsAsync(() => _agent.Cursors.Count == 3);

        Assert.Equal([null, "two", "three"], _agent.Cursors);
        Assert.Equal(["a", "b", "c"], await TypesAsync(host));
        Assert.Equal(3, (int)(await host.AgentAsync())["events_processed"]!);
    }

    [Fact]
    public async Task The_next_batch_is_asked_for_only_when_the_last_is_on_disk()
    {
        var recorded = new List<(string? Cursor, long Events)>();
        AgentHost? host = null;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _agent.OnRead = async (cursor, token) =>
        {
            await ready.Task.WaitAsync(token);
            var reader = host!.Get<EventJournal>().Reader;
            recorded.Add((reader.Cursor("test-agent"), reader.CountEvents(0, long.MaxValue, _ => true)));
            return recorded.Count <= 50
                ? new SourceBatch([Said("a"), Said("b")], $"{recorded.Count}", TimeSpan.Zero)
                : new SourceBatch([], cursor!, TimeSpan.FromHours(1));
        };
        using var folder = new TemporaryFolder();
        await using (host = AgentHost.Start(_agent, settings: AgentHost.DurableIn(folder)))
        {
            ready.SetResult();
            await Eventually.HoldsAsync(() => _agent.Cursors.Count == 51 && recorded.Count == 51);
        }

        Assert.Equal(Enumerable.Range(0, 51).Select(i => (i == 0 ? null : $"{i}", 2L * i)), recorded);
    }

    [Fact]
    public async Task After_a_restart_a_source_is_read_on_from_its_cursor()
    {
        using var folder = new TemporaryFolder();
        _agent.OnRead = (cursor, _) => Task.FromResult<SourceBatch?>(new SourceBatch(cursor is null ? [Said("a")] : [], "one", TimeSpan.FromHours(1)));
        await using (var before = AgentHost.Start(_agent, settings: AgentHost.DurableIn(folder)))
        {
            await Eventually.HoldsAsync(() => before.Get<EventJournal>().Head == 1);
        }

        await using var host = AgentHost.Start(_agent, settings: AgentHost.DurableIn(folder));
        await Eventually.HoldsAsync(() => _agent.Cursors.Count == 2);

        Assert.Equal([null, "one"], _agent.Cursors);
        Assert.Equal(["a"], await TypesAsync(host));
    }

    [Fact]
    public async Task A_batch_with_an_event_that_cannot_be_is_not_recorded_in_part_and_holds_the_place()
    {
        _agent.OnRead = (cursor, _) => Task.FromResult<SourceBatch?>(new SourceBatch(
            cursor is null ? [Said("good"), _agent.Cursors.Count < 3 ? Bad : Said("mended")] : [], "one", TimeSpan.FromHours(1)));
        await using var host = AgentHost.Start(_agent, clock: _clock);

        await DegradedAsync(host, "sekia.events..x");
        await AdvanceAsync(1);
        await Eventually.HoldsAsync(() => _agent.Cursors.Count == 2 && host.Get<AgentRegistry>().Find("test-agent")!.Errors == 2);
        Assert.Equal(0, host.Get<EventJournal>().Head);
        Assert.Null(host.Get<EventJournal>().Reader.Cursor("test-agent"));
        await AdvanceAsync(2);
        await Eventually.HoldsAsync(() => host.Get<EventJournal>().Reader.Cursor("test-agent") == "one");
        await _clock.SomeoneWaitsForAsync((_clock.GetUtcNow() + TimeSpan.FromHours(1)).ToUnixTimeMilliseconds());

        Assert.Equal([null, null, null], _agent.Cursors);
        Assert.Equal(["good", "mended"], await TypesAsync(host));
        Assert.Equal("alive", (string)(await host.AgentAsync())["status"]!);
        Assert.Equal(1, Occurrences(host, "test-agent cannot read its source:"));
        Assert.Equal(1, Occurrences(host, "test-agent reads its source again"));
    }

    [Fact]
    public async Task While_the_journal_takes_nothing_neither_events_nor_cursor_move()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _agent.OnRead = async (cursor, token) =>
        {
            await ready.Task.WaitAsync(token);
            return new SourceBatch(cursor is null ? [Said("a")] : [], "one", TimeSpan.FromHours(1));
        };
        await using var host = AgentHost.Start(_agent, clock: _clock);
        var journal = host.Get<EventJournal>();
        journal.FullBecause = "there is no room";
        ready.SetResult();

        await DegradedAsync(host, "there is no room");
        Assert.Null(journal.Reader.Cursor("test-agent"));
        journal.FullBecause = null;
        await AdvanceAsync(1);
        await Eventually.HoldsAsync(() => journal.Reader.Cursor("test-agent") == "one");

        Assert.Equal(["a"], await TypesAsync(host));
    }

    [Fact]
    public async Task What_a_source_says_twice_is_recorded_and_counted_once()
    {
        _agent.OnRead = (cursor, _) => Task.FromResult<SourceBatch?>(cursor switch
        {
            null => new SourceBatch([Said("a", "k1"), Said("b", "k2")], "1", TimeSpan.Zero),
            "1" => new SourceBatch([Said("b", "k2"), Said("c", "k3")], "2", TimeSpan.Zero),
            _ => new SourceBatch([], "2", TimeSpan.FromHours(1)),
        });
        await using var host = AgentHost.Start(_agent);

        await Eventually.HoldsAsync(() => _agent.Cursors.Count == 3);

        Assert.Equal(["a", "b", "c"], await TypesAsync(host));
        Assert.Equal(3, (int)(await host.AgentAsync())["events_processed"]!);
    }

    [Fact]
    public async Task A_source_that_fails_is_left_alone_longer_each_time_and_told_of_once()
    {
        var times = new List<double>();
        var began = _clock.GetUtcNow();
        _agent.OnRead = (_, _) =>
        {
            times.Add((_clock.GetUtcNow() - began).TotalSeconds);
            throw times.Count switch
            {
                < 4 => new HttpRequestException("The source is down.", null, HttpStatusCode.BadGateway),
                4 => new RetryAfterException(TimeSpan.FromMinutes(10), "Wait ten minutes."),
                _ => new InvalidOperationException("a bug"),
            };
        };
        await using var host = AgentHost.Start(_agent, clock: _clock);
        var entry = host.Get<AgentRegistry>().Find("test-agent")!;

        foreach (var (pause, errors) in ((int, int)[])[(1, 1), (2, 2), (4, 3), (600, 4), (16, 5)])
        {
            await Eventually.HoldsAsync(() => entry.Errors == errors);
            await AdvanceAsync(pause);
        }

        await Eventually.HoldsAsync(() => entry.Errors == 6);
        Assert.Equal([0, 1, 3, 7, 607, 623], times);
        Assert.Equal("internal error, see the log", entry.DegradedBecause);
        Assert.Equal(1, Occurrences(host, "The source is down."));
        Assert.Equal(1, Occurrences(host, "System.InvalidOperationException: a bug"));
    }

    [Theory]
    [InlineData(-1L)]
    [InlineData(-10_000L)]
    [InlineData(long.MaxValue)]
    public async Task A_pause_that_makes_no_sense_does_not_end_the_reading(long ticks)
    {
        _agent.OnRead = (cursor, _) => Task.FromResult<SourceBatch?>(new SourceBatch([], $"{_agent.Cursors.Count}", new TimeSpan(_agent.Cursors.Count == 1 ? ticks : TimeSpan.TicksPerHour)));
        await using var host = AgentHost.Start(_agent, clock: _clock);
        await Eventually.HoldsAsync(() => host.Get<EventJournal>().Reader.Cursor("test-agent") is not null);

        await Eventually.HoldsAsync(() =>
        {
            _clock.Advance(ticks < 0 ? TimeSpan.Zero : TimeSpan.FromDays(1));
            return _agent.Cursors.Count >= 2;
        });
    }

    [Fact]
    public async Task A_source_that_keeps_the_thread_does_not_hold_up_another()
    {
        using var release = new ManualResetEventSlim();
        var stuck = new TestAgent
        {
            Name = "a-stuck-agent",
            OnRead = (_, token) =>
            {
                release.Wait(token);
                return Task.FromResult<SourceBatch?>(null);
            },
        };
        _agent.OnRead = (_, _) => Task.FromResult<SourceBatch?>(new SourceBatch([Said("a")], "1", TimeSpan.FromHours(1)));
        await using var host = AgentHost.Start([stuck, _agent]);

        await Eventually.HoldsAsync(() => host.Get<EventJournal>().Head == 1);

        release.Set();
    }

    private static Event Bad => new() { Subject = "sekia.events..x", Type = "bad", Source = "test" };

    private static Event Said(string type, string? key = null) => new() { Subject = "sekia.events.test", Type = type, Source = "test", Key = key };

    private static async Task<string[]> TypesAsync(AgentHost host) =>
        [.. (await host.GetAsync("/api/v1/events"))["events"]!.AsArray().Select(evt => (string)evt!["type"]!)];

    private static async Task DegradedAsync(AgentHost host, string reason) => await Eventually.GetAsync(
        async () => await host.AgentAsync() is var agent && (string)agent["status"]! == "degraded" && ((string)agent["reason"]!).Contains(reason, StringComparison.Ordinal) ? agent : null,
        () => $"degraded because of {reason}");

    /// <summary>Moves on to the end of a pause and no further, and only once the pause has begun.</summary>
    private async Task AdvanceAsync(int seconds)
    {
        var due = _clock.GetUtcNow() + TimeSpan.FromSeconds(seconds);
        await Eventually.HoldsAsync(() => _clock.IsAnyoneWaitingFor(due));
        _clock.Advance(TimeSpan.FromSeconds(seconds));
    }

    private static int Occurrences(AgentHost host, string part) => host.Root.Log().Split(part).Length - 1;
}
