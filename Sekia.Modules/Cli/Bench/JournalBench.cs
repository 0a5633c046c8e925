using System.Diagnostics;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Bench;

/// <summary>How many events a second the journal accepts, each acknowledged when it is on disk.</summary>
internal static class JournalBench
{
    private const int Publishers = 512;

    public static async Task MeasureAsync(BenchHost host, BenchFigures figures, CancellationToken cancellationToken)
    {
        await PublishAsync(host, eventsACall: 1, publishers: Publishers, calls: 20, cancellationToken);
        figures.Explain(await PublishAsync(host, 1, publishers: 1, calls: 500, cancellationToken), "events/s", "Journal, 1 publisher, 1 event a call");
        figures.Explain(await PublishAsync(host, 1, Publishers, calls: 200, cancellationToken), "events/s", $"Journal, {Publishers} publishers, 1 event a call");
        figures.Add("journal_append_per_s", await PublishAsync(host, 64, publishers: 8, calls: 400, cancellationToken), "events/s", "Journal, 8 publishers, 64 events a call");
    }

    private static async Task<double> PublishAsync(BenchHost host, int eventsACall, int publishers, int calls, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, publishers).Select(async _ =>
        {
            for (var call = 0; call < calls; call++)
            {
                var events = new Event[eventsACall];
                for (var i = 0; i < events.Length; i++)
                {
                    events[i] = new Event { Subject = "sekia.events.nobody", Type = "github.issue.opened", Source = "bench", Payload = BenchPayload.Issue };
                }

                await host.Bus.PublishAsync(events, cancellationToken);
            }
        }));
        return (double)publishers * calls * eventsACall / watch.Elapsed.TotalSeconds;
    }
}
