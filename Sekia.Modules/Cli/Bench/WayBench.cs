using System.Diagnostics;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Cli.Bench;

/// <summary>An event's whole way: accepted, handled, its command recorded, carried out, and the result recorded.</summary>
internal static class WayBench
{
    private const int Publishers = 512;
    private const int EventsEach = 200;
    private const int LatencyEvents = 1500;
    private const int MaxCommitsUnderWay = 4;

    public static async Task MeasureAsync(BenchHost host, double bare, BenchFigures figures, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var consumer = await host.Journal.OpenConsumerAsync("bench", [SubjectPattern.Parse("sekia.events.bench")], stop.Token);
        var consuming = ConsumeAsync(consumer, stop.Token);
        await ThroughputAsync(host, 20, cancellationToken);
        var perSecond = await ThroughputAsync(host, EventsEach, cancellationToken);
        figures.Add("event_to_command_per_s", perSecond, "events/s", "Event to consumer to command, carried out and recorded");
        figures.Explain(100 * perSecond / bare, "%", "  of what SQLite alone allows for the same rows");
        figures.Add("command_p50_ms", Percentile.Of(await CommandLatency.MeasureAsync(host, LatencyEvents, NewEvent, cancellationToken), 50), "ms", "Accepted to command in the agent's hands, p50");
        await stop.CancelAsync();
        await consuming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<double> ThroughputAsync(BenchHost host, int eventsEach, CancellationToken cancellationToken)
    {
        var expected = host.Journal.Tallies.Commands(CommandStatus.Succeeded) + (Publishers * eventsEach);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async _ =>
        {
            for (var i = 0; i < eventsEach; i++)
            {
                await host.Bus.PublishAsync(NewEvent(), cancellationToken);
            }
        }));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (host.Journal.Tallies.Commands(CommandStatus.Succeeded) < expected)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return Publishers * eventsEach / watch.Elapsed.TotalSeconds;
    }

    private static async Task ConsumeAsync(Consumer consumer, CancellationToken cancellationToken)
    {
        var underWay = new Queue<Task>();
        while (!cancellationToken.IsCancellationRequested)
        {
            var events = await consumer.ReadAsync(256, cancellationToken);
            var runs = new Run[events.Count];
            for (var i = 0; i < runs.Length; i++)
            {
                var command = new Command { Agent = BenchAgent.AgentName, Name = "add_label", Source = "workflow:bench", Payload = BenchPayload.AddLabel };
                runs[i] = new Run { Event = events[i], Commands = [command] };
            }

            underWay.Enqueue(consumer.CommitAsync(new Handled(events[^1].Seq, events.Count, runs), cancellationToken));
            if (underWay.Count >= MaxCommitsUnderWay)
            {
                await underWay.Dequeue();
            }
        }
    }

    private static Event NewEvent() =>
        new() { Subject = "sekia.events.bench", Type = "github.issue.opened", Source = "bench", Payload = BenchPayload.Issue };
}
