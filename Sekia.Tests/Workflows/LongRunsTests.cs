using System.Collections.Concurrent;
using Sekia.Modules.Bus;
using Sekia.Modules.Workflows;

namespace Sekia.Tests.Workflows;

/// <summary>Turns on the threads for runs that take long.</summary>
public sealed class LongRunsTests
{
    private const int Turns = 200;

    private static readonly int s_places = Math.Max(1, Environment.ProcessorCount - 1);

    [Fact]
    public async Task Those_that_keep_their_threads_run_one_fewer_at_a_time_than_there_are_cores_and_all_have_their_turns()
    {
        using var longRuns = new LongRuns();
        var (under, most) = (0, 0);

        var taken = await Task.WhenAll(Enumerable.Range(0, s_places + 3).Select(_ =>
        {
            var run = NewRun();
            return longRuns.TakeTurnAsync(run, () =>
            {
                for (var turn = 0; turn < Turns; turn++)
                {
                    var now = Interlocked.Increment(ref under);
                    InterlockedMax(ref most, now);
                    Thread.SpinWait(1000);
                    Interlocked.Decrement(ref under);
                    longRuns.WaitForTurn(run);
                }

                return Turns;
            });
        }));

        Assert.Equal(s_places, most);
        Assert.All(taken, turns => Assert.Equal(Turns, turns));
    }

    [Fact]
    public async Task Those_that_wait_have_their_turns_in_the_order_in_which_they_came()
    {
        using var longRuns = new LongRuns();
        var order = new ConcurrentQueue<int>();
        using var begin = new ManualResetEventSlim();
        var held = Enumerable.Range(0, s_places).Select(_ => longRuns.TakeTurnAsync(NewRun(), () =>
        {
            begin.Wait();
            return 0;
        })).ToArray();

        var waiting = Enumerable.Range(0, 20).Select(i => longRuns.TakeTurnAsync(NewRun(), () =>
        {
            order.Enqueue(i);
            return i;
        })).ToArray();
        begin.Set();
        await Task.WhenAll([.. held, .. waiting]);

        // With one place. With more, neighbors may overtake each other.
        Assert.Equal(20, order.Distinct().Count());
        Assert.All(order.Index(), pair => Assert.InRange(pair.Item, pair.Index - s_places, pair.Index + s_places));
    }

    [Fact]
    public async Task One_that_gives_no_sign_leaves_its_place_to_another_and_has_its_turn_again_when_it_does()
    {
        using var longRuns = new LongRuns();
        using var stuck = new ManualResetEventSlim();
        var held = Enumerable.Range(0, s_places).Select(_ => NewRun()).ToArray();
        var ends = held.Select(run => longRuns.TakeTurnAsync(run, () =>
        {
            stuck.Wait();
            longRuns.WaitForTurn(run);
            return true;
        })).ToArray();
        var other = longRuns.TakeTurnAsync(NewRun(), () => "other");
        await Support.Eventually.HoldsAsync(() =>
        {
            longRuns.Abandon(held[0]);
            return other.IsCompleted;
        });

        stuck.Set();
        Assert.All(await Task.WhenAll(ends), Assert.True);
        Assert.Equal("other", await other);
        Assert.Equal("last", await longRuns.TakeTurnAsync(NewRun(), () => "last"));
    }

    [Fact]
    public async Task Whenever_a_run_is_abandoned_no_place_is_lost_and_none_is_won()
    {
        using var longRuns = new LongRuns();
        var runs = Enumerable.Range(0, s_places + 3).Select(_ => NewRun()).ToArray();
        using var ended = new CancellationTokenSource();
        var abandoning = new Thread(() =>
        {
            for (var i = 0; !ended.IsCancellationRequested; i++)
            {
                longRuns.Abandon(runs[i % runs.Length]);
                Thread.SpinWait(300);
            }
        });
        abandoning.Start();
        var all = runs.Select(run => RepeatAsync(longRuns, run)).ToArray();
        await Task.WhenAll(all).WaitAsync(TimeSpan.FromMinutes(1));
        await ended.CancelAsync();
        abandoning.Join();

        var (under, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, s_places + 5).Select(_ => NewRun()).Select(run => longRuns.TakeTurnAsync(run, () =>
        {
            for (var turn = 0; turn < Turns; turn++)
            {
                InterlockedMax(ref most, Interlocked.Increment(ref under));
                Thread.SpinWait(1000);
                Interlocked.Decrement(ref under);
                longRuns.WaitForTurn(run);
            }

            return true;
        }))).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(s_places, most);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task However_often_a_run_is_abandoned_and_gives_signs_again_no_threads_are_left_over(bool othersWait)
    {
        const int Times = 50;
        using var longRuns = new LongRuns();
        var run = NewRun();
        var others = new List<Task<bool>>();

        await longRuns.TakeTurnAsync(run, () =>
        {
            for (var i = 0; i < Times; i++)
            {
                if (othersWait)
                {
                    others.Add(longRuns.TakeTurnAsync(NewRun(), () => true));
                }

                longRuns.Abandon(run);
                longRuns.WaitForTurn(run);
            }

            return true;
        });
        await Task.WhenAll(others);

        await Support.Eventually.HoldsAsync(() => longRuns.Threads <= s_places);
    }

    /// <summary>Turns of both kinds: some that keep the thread, some that end.</summary>
    private static async Task RepeatAsync(LongRuns longRuns, WorkflowRun run)
    {
        for (var turn = 0; turn < Turns; turn++)
        {
            await longRuns.TakeTurnAsync(run, () =>
            {
                Thread.SpinWait(300);
                longRuns.WaitForTurn(run);
                Thread.SpinWait(300);
                longRuns.WaitForTurn(run);
                return true;
            });
        }
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, now, seen);
        }
    }

    internal static WorkflowRun NewRun()
    {
        var evt = new Event { Subject = "sekia.events.test", Type = "test", Source = "test", Payload = "{}"u8.ToArray() };
        return new WorkflowRun(evt, evt, new Handler(1, SubjectPattern.Parse("sekia.events.test"), null, 0), maxEffects: 1, maxPayloadBytes: 1);
    }
}
