using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;
using Xunit.Abstractions;

namespace Sekia.Tests.Dashboard;

/// <summary>
/// The pages on a journal of many events, made by an older Sekia. For figures of a large one:
/// <c>SEKIA_MEASURE_EVENTS=1000000 dotnet test -c Release --filter LargeJournal --logger "console;verbosity=detailed"</c>.
/// Only then the times are held against their bounds: elsewhere the machine is not the tests' own.
/// </summary>
[Collection(BrowserTests.Name)]
public sealed class LargeJournalTests(Browser browser, ITestOutputHelper output)
{
    private const double MostMilliseconds = 300;
    private const double MostMillisecondsToPaint = 150;

    private static readonly string? s_asked = new ConfigurationBuilder().AddEnvironmentVariables().Build()["SEKIA_MEASURE_EVENTS"];
    private static readonly int s_requests = s_asked is null ? 1 : 20;
    private static readonly int s_visits = s_asked is null ? 1 : 7;
    private static readonly long s_events = long.Parse(s_asked ?? "30000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Rare_events_are_found_among_many_also_in_a_file_from_before_the_notes()
    {
        using var files = new TemporaryFolder();
        var path = files.File("data/sekia.db");
        await MakeAsync(path);
        await using var showcase = await Showcase.StartAsync(settings: ["Journal:Mode=Durable", $"Journal:Path={path}", "Journal:KeepBytes=1000000000000"]);
        var host = showcase.Host;
        using var client = host.Host.Client();
        var first = await client.GetStringAsync("/web/events?type=absent");
        Assert.Contains(s_events > 100_000 ? "Searched back to" : "No event matches", first, StringComparison.Ordinal);

        var watch = Stopwatch.StartNew();
        await Eventually.HoldsAsync(() => host.Journal.Reader.Number("SELECT count(*) FROM event_blocks") == (host.Journal.Head + 1) / EventBlock.Size);
        output.WriteLine($"{s_events:N0} events, their kinds noted in {watch.Elapsed.TotalSeconds:0.0} s");

        Assert.Equal(["e" + (s_events / 3)], await EventsTests.RowsAsync(host, "?type=rare"));
        Assert.Equal(["e" + (s_events / 3)], await EventsTests.RowsAsync(host, "?subject=sekia.events.rare"));
        Assert.Equal(["e" + (s_events / 3)], await EventsTests.RowsAsync(host, "?subject=*.*.rare&source=s7&type=rare"));
        Assert.Contains("No event matches", await client.GetStringAsync("/web/events?type=absent"), StringComparison.Ordinal);
        var middle = host.Journal.Reader.Event(s_events / 2)!;
        var time = DateTimeOffset.FromUnixTimeMilliseconds(middle.AcceptedAt).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture);
        Assert.Equal($"e{middle.Seq - 1}", (await EventsTests.RowsAsync(host, "?to=" + time))[0]);
        foreach (var page in new[]
        {
            "/web/events?type=rare", "/web/events?type=absent", "/web/events?subject=sekia.events.s3", "/web/events?subject=*.*.rare",
            "/web/events?type=t5&source=s5", "/web/events?type=t5&source=s6", $"/web/events?from={time}", $"/web/events?to={time}", $"/web/events?to={time}&type=rare",
            $"/web/events?before={s_events / 2}", $"/web/events?after={s_events / 2}&type=t3", $"/web/events/{middle.Id}",
        }.Concat(showcase.Pages.Where(page => page.Key != "events found").Select(page => page.Value)))
        {
            await MeasureAsync(client, page);
        }

        await PaintAsync(showcase);
        watch.Restart();
        var searched = await client.GetStringAsync("/web/events?q=needle+in+it");
        output.WriteLine($"all of it searched for a text in {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal("e" + (s_events / 3), Regex.Match(searched, "<tr id=\"(e[0-9]+)\"").Groups[1].Value);
        Assert.Contains("1 hit; all events", searched, StringComparison.Ordinal);
    }

    private async Task MeasureAsync(HttpClient client, string page)
    {
        var times = new List<double>();
        for (var i = 0; i < s_requests; i++)
        {
            var watch = Stopwatch.StartNew();
            var html = await client.GetStringAsync(page);
            times.Add(watch.Elapsed.TotalMilliseconds);
            Assert.True(html.Length < 150 * 1024, page);
        }

        times.Sort();
        output.WriteLine($"p50 {times[s_requests / 2],6:0.0} ms  p95 {times[s_requests * 95 / 100],6:0.0} ms  {page}");
        Assert.True(s_asked is null || times[s_requests * 95 / 100] < MostMilliseconds, $"{page} takes {times[s_requests * 95 / 100]:0} ms");
    }

    /// <summary>What the browser itself says: from the click to the first paint, and until all of the page is there; the middle of some visits.</summary>
    private async Task PaintAsync(Showcase showcase)
    {
        await using var page = await browser.OpenAsync(showcase.Host.Address);
        foreach (var (title, path) in showcase.Pages.Where(page => page.Key != "events found"))
        {
            var (paints, loads) = (new List<double>(), new List<double>());
            for (var visit = 0; visit < s_visits; visit++)
            {
                await page.Page.GotoAsync(path);
                var times = await page.Page.EvaluateAsync<double[]>("""
                    () => new Promise(done => {
                      const end = () => done([performance.getEntriesByName('first-paint')[0].startTime, performance.getEntriesByType('navigation')[0].loadEventEnd]);
                      const look = () => performance.getEntriesByName('first-paint').length && performance.getEntriesByType('navigation')[0].loadEventEnd ? end() : requestAnimationFrame(look);
                      look();
                    })
                    """);
                paints.Add(times[0]);
                loads.Add(times[1]);
            }

            var (paint, load) = (paints.Order().ElementAt(s_visits / 2), loads.Order().ElementAt(s_visits / 2));
            output.WriteLine($"first paint {paint,5:0} ms  loaded {load,5:0} ms  {title}");
            Assert.True(s_asked is null || load < MostMilliseconds, $"{title} is there after {load:0} ms");
            Assert.True(s_asked is null || title != "overview" || paint < MostMillisecondsToPaint, $"{title} is painted after {paint:0} ms");
        }
    }

    /// <summary>Without the tables that came later.</summary>
    private static async Task MakeAsync(string path)
    {
        await using (await DashboardHost.StartAsync(settings: ["Journal:Mode=Durable", $"Journal:Path={path}"]))
        {
        }

        using var database = Database.OpenForWriting(path);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        database.Execute("PRAGMA synchronous = OFF");
        database.Execute(FormattableString.Invariant($$"""
            BEGIN;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {{s_events}})
            INSERT INTO events SELECT i, {{now}} - ({{s_events}} - i) * 5, {{now}} / 1000, 'sekia.events.' || iif(i = {{s_events / 3}}, 'rare', 's' || (i % 20)),
                iif(i = {{s_events / 3}}, 'rare', 't' || (i % 20)), iif(i = {{s_events / 3}}, 's7', 's' || (i % 20)), NULL, 0, NULL, NULL, NULL,
                CAST('{"number": ' || i || ', "title": "Something happened that somebody wants to know of", "body": "It is described here at some length, as such things are; ' ||
                    iif(i = {{s_events / 3}}, 'the needle in it', 'nothing else') || '"}' AS BLOB) FROM n;
            DROP TABLE event_blocks;
            PRAGMA user_version = 3;
            COMMIT;
            """));
    }
}
