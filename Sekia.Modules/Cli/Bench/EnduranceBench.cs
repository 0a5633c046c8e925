using System.Diagnostics;
using System.Globalization;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Bench;

/// <summary>
/// Very many events through a workflow, on a journal that removes what is old, and how much memory the process has on the way: it must
/// not grow with what has passed through it.
/// </summary>
internal static class EnduranceBench
{
    private const int Publishers = 16;
    private const int EventsACall = 64;
    private const int Looks = 10;
    private const int WarmUp = 3;

    /// <summary>One event in ten leads to a command, one in a hundred to a log line, and each to a write of state.</summary>
    private const string Script =
        """
        sekia.on("sekia.events.endurance", function(event)
          local n = (sekia.state.get("n") or 0) + 1
          sekia.state.set("n", n)
          if n % 10 == 0 then
            sekia.command("bench-agent", "add_label", { owner = "o", repo = "r", number = event.payload.number, label = "bug" })
          end
          if n % 100 == 0 then sekia.log("info", "at " .. n) end
        end)
        """;

    /// <param name="host">With room in its journal for a part of the events.</param>
    /// <param name="directory">With its <c>workflows</c>.</param>
    /// <param name="events">How many.</param>
    /// <param name="figures">To add to.</param>
    /// <param name="progress">A line after each tenth.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task MeasureAsync(BenchHost host, string directory, long events, BenchFigures figures, TextWriter progress, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(directory, "workflows")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "endurance.lua"), Script, cancellationToken);
        await host.Workflows.ReloadAsync(cancellationToken);
        var watch = Stopwatch.StartNew();
        var memory = new List<double>();
        for (var look = 1; look <= Looks; look++)
        {
            await PublishAsync(host, events / Looks, cancellationToken);
            await QuietAsync(host, cancellationToken);
            memory.Add(MemoryInMebibytes());
            await progress.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{events * look / Looks:N0} events, {watch.Elapsed.TotalSeconds:0} s, {memory[^1]:0} MiB, journal {JournalInMebibytes(directory):0} MiB"));
        }

        var warm = memory.Skip(WarmUp).ToArray();
        var (least, most) = (warm.Min(), warm.Max());
        figures.Add("endurance_events_per_s", events / watch.Elapsed.TotalSeconds, "events/s", "Events through a workflow that writes state");
        figures.Add("endurance_rss_mb", memory[^1], "MiB", "Memory of the process at the end");
        figures.Add("endurance_rss_spread", 100 * (most - least) / least, "%", "Between the least and the most memory, after the first three tenths");
    }

    private static async Task PublishAsync(BenchHost host, long events, CancellationToken cancellationToken)
    {
        var calls = events / Publishers / EventsACall;
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async _ =>
        {
            for (var call = 0L; call < calls; call++)
            {
                await host.Bus.PublishAsync([.. Enumerable.Range(0, EventsACall).Select(_ => NewEvent())], cancellationToken);

                // What waits is in the journal, and a sender that is ahead of everyone would only fill the disk.
                await host.SettleAsync(within: 20_000, cancellationToken);
            }
        }));
    }

    private static Task QuietAsync(BenchHost host, CancellationToken cancellationToken) => host.SettleAsync(within: 0, cancellationToken);

    private static double MemoryInMebibytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1048576.0;
    }

    private static double JournalInMebibytes(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles("sekia.db*").Sum(file => file.Length) / 1048576.0;

    private static Event NewEvent() =>
        new() { Subject = Subject.OfEvents("endurance"), Type = "github.issue.opened", Source = "endurance", Payload = BenchPayload.Issue };
}
