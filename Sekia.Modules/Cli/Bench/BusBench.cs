using System.Diagnostics;
using System.Globalization;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Bench;

/// <summary>How many messages a second the live feed hands to a listener among many that listen elsewhere.</summary>
internal static class BusBench
{
    private const int Messages = 1_000_000;
    private const int Others = 1000;

    public static void Measure(BenchFigures figures)
    {
        var feed = new LiveFeed();
        var others = Enumerable.Range(0, Others)
            .Select(other => feed.Subscribe(SubjectPattern.Parse(string.Create(CultureInfo.InvariantCulture, $"sekia.events.other-{other}"))))
            .ToArray();
        using var listener = feed.Subscribe(SubjectPattern.Parse("sekia.events.>"));
        var message = new Message("sekia.events.bench", BenchPayload.Issue);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Messages; i++)
        {
            feed.Publish(message);
        }

        figures.Explain(Messages / watch.Elapsed.TotalSeconds, "messages/s", $"Bus, 1 listener among {Others:N0} on other subjects");
        Array.ForEach(others, other => other.Dispose());
    }
}
