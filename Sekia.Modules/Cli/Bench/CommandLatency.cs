using System.Diagnostics;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Bench;

/// <summary>How long it takes from the moment the publisher knows that its event is accepted until its command is in the agent's hands.</summary>
internal static class CommandLatency
{
    private const int PerSecond = 500;

    /// <summary>In milliseconds, of a number of events of which each leads to one command.</summary>
    public static async Task<double[]> MeasureAsync(BenchHost host, int events, Func<Event> newEvent, CancellationToken cancellationToken)
    {
        // Events and commands are numbered alike here, and both come in order.
        var arrivals = new long[events];
        var arrived = -1;
        host.Agent.Listen(_ => arrivals[Math.Min(Interlocked.Increment(ref arrived), events - 1)] = Stopwatch.GetTimestamp());
        var accepted = new long[events];
        await Pace.RunAsync(PerSecond, events, async i =>
        {
            await host.Bus.PublishAsync(newEvent(), cancellationToken);
            accepted[i] = Stopwatch.GetTimestamp();
        });
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (Volatile.Read(ref arrived) < events - 1)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }

        host.Agent.Listen(null);
        return [.. arrivals.Zip(accepted, (end, start) => Math.Max(0, Stopwatch.GetElapsedTime(start, end).TotalMilliseconds))];
    }
}
