using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Dashboard;
using Sekia.Tests.Support;

namespace Sekia.Tests.Journal;

/// <summary>The notes about blocks leave out what cannot match, and nothing else.</summary>
public sealed class EventSearchTests
{
    private const int Count = 6000;

    private static readonly EventSelection[] s_selections =
    [
        new(), new(Type: "t0"), new(Type: "t4"), new(Type: "late"), new(Type: "never"), new(Source: "s1"), new(Source: "s9"), new(Type: "t1", Source: "s1"), new(Type: "t1", Source: "s2"),
        .. from pattern in new[] { ">", "sekia.>", "sekia.events.s1", "sekia.*.s1", "*.events.s2", "sekia.events.s1.deep", "other.>", "sekia.events" }
           from type in new[] { null, "t1", "never" }
           select new EventSelection(SubjectPattern.Parse(pattern), type),
    ];

    [Fact]
    public async Task In_both_directions_exactly_what_matches_is_found_with_notes_without_and_after_removals()
    {
        await using var host = await DashboardHost.StartAsync();
        await PublishAsync(host);
        await Eventually.HoldsAsync(() => Notes(host) == Count / EventBlock.Size);
        AssertAllFound(host);

        await ExecuteAsync(host, "DELETE FROM event_blocks WHERE block IN (1, 3)");
        AssertAllFound(host);

        await ExecuteAsync(host, "DELETE FROM events WHERE seq BETWEEN 900 AND 4200 AND seq != 2000");
        AssertAllFound(host);
    }

    [Fact]
    public async Task Notes_of_events_that_are_gone_go_too()
    {
        await using var host = await DashboardHost.StartAsync(settings: ["Journal:KeepFor=00:01:00"]);
        await PublishAsync(host);
        await Eventually.HoldsAsync(() => Notes(host) == Count / EventBlock.Size);
        await ExecuteAsync(host, "UPDATE events SET accepted_at = accepted_at - 3600000 WHERE seq <= 3000");

        await host.Get<Retention>().SweepAsync(CancellationToken.None);

        Assert.Equal((3001, 2, 3), (
            host.Journal.Reader.Number("SELECT min(seq) FROM events"), host.Journal.Reader.Number("SELECT min(block) FROM event_blocks"), Notes(host)));
    }

    [Fact]
    public async Task A_time_leads_to_the_first_event_from_then_on()
    {
        await using var host = await DashboardHost.StartAsync();
        Assert.Equal(1, host.Journal.Reader.NumberAt(1));
        await PublishAsync(host);
        await ExecuteAsync(host, "UPDATE events SET accepted_at = seq / 10 * 1000");
        await ExecuteAsync(host, "DELETE FROM events WHERE seq < 100 OR seq BETWEEN 1000 AND 1999");
        var reader = host.Journal.Reader;

        Assert.Equal((100, 510, 510), (reader.NumberAt(0), reader.NumberAt(51_000), reader.NumberAt(50_001)));
        Assert.Equal((6000, Count + 1), (reader.NumberAt(600_000), reader.NumberAt(600_001)));
        Assert.Equal(2000, reader.Backwards(new(), reader.NumberAt(150_000) - 1, long.MaxValue, 9000, long.MaxValue).Events[^1].Seq);
    }

    [Fact]
    public async Task After_the_largest_number_there_is_nothing()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.PublishAsync(3);
        var reader = host.Journal.Reader;

        Assert.Empty(reader.Forwards(new(), long.MaxValue, long.MaxValue, 2, long.MaxValue).Events);
        Assert.Empty(reader.Backwards(new(), long.MaxValue, long.MaxValue, 2, long.MaxValue).Events);
        Assert.Equal(2, reader.Forwards(new(), 1, long.MaxValue, 2, long.MaxValue).Events[0].Seq);
    }

    private static void AssertAllFound(DashboardHost host)
    {
        var reader = host.Journal.Reader;
        var all = reader.Query("SELECT seq, subject, type, source FROM events ORDER BY seq", rows => rows, row => (Seq: row.Number(0), Subject: row.Text(1), Type: row.Text(2), Source: row.Text(3)));
        foreach (var wanted in s_selections)
        {
            var expected = all.Where(one => wanted.Subject?.Matches(one.Subject) != false && (wanted.Type ?? one.Type) == one.Type && (wanted.Source ?? one.Source) == one.Source)
                .Where(one => one.Seq is > 10 and < 5900).Select(one => one.Seq).ToList();
            Assert.Equal(expected, Pages(after => reader.Forwards(wanted, after, 5900, 700, long.MaxValue), 10));
            Assert.Equal(expected.AsEnumerable().Reverse(), Pages(before => reader.Backwards(wanted, 10, before, 700, long.MaxValue), 5900));
        }
    }

    private static List<long> Pages(Func<long, (List<Event> Events, long? Next)> page, long from)
    {
        var found = new List<long>();
        for (long? next = from; next is { } place;)
        {
            (var events, next) = page(place);
            found.AddRange(events.Select(evt => evt.Seq));
        }

        return found;
    }

    private static long Notes(DashboardHost host) => host.Journal.Reader.Number("SELECT count(*) FROM event_blocks");

    private static Task<bool> ExecuteAsync(DashboardHost host, string sql) =>
        host.Journal.CommitAsync(new TestWrite(transaction => transaction.Database.Execute(sql)), CancellationToken.None);

    private static Task<IReadOnlyList<Accepted>> PublishAsync(DashboardHost host) => host.Get<EventBus>().PublishAsync(
        [.. Enumerable.Range(1, Count).Select(i => new Event
        {
            Subject = $"sekia.events.s{i % 3}" + (i % 1500 == 7 ? ".deep" : ""),
            Type = i > 5000 ? "late" : i % 2000 == 4 ? "t4" : $"t{i % 3}",
            Source = i % 1700 == 1 ? "s9" : $"s{i % 3}",
        })],
        CancellationToken.None);
}
