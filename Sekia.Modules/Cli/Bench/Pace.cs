using System.Diagnostics;

namespace Sekia.Modules.Cli.Bench;

/// <summary>Starts work at a fixed rate, whether or not what was started before has ended: as senders in the world do.</summary>
internal static class Pace
{
    public static async Task RunAsync(int perSecond, int count, Func<int, Task> work)
    {
        var started = new Task[count];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count;)
        {
            for (var due = Math.Min(count, watch.Elapsed.TotalSeconds * perSecond); i < due; i++)
            {
                started[i] = work(i);
            }

            await timer.WaitForNextTickAsync();
        }

        await Task.WhenAll(started);
    }
}

/// <summary>The value that a share of all values does not exceed.</summary>
internal static class Percentile
{
    public static double Of(IEnumerable<double> values, int percent)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, sorted.Length * percent / 100)];
    }
}
