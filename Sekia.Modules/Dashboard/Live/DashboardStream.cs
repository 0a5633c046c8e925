using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Api;
using Sekia.Modules.Dashboard.Parts;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Live;

/// <summary>
/// <c>/web/events/stream</c>: what keeps an open page up to date, as Server-Sent Events. <c>event</c> is a new event as a row of a table, with
/// its number as id, out of the journal: a page that comes back goes on where it was. <c>changed</c> says that the journal has anything new
/// at all, so that the page looks at itself again. <c>reset</c> says that more events have come in than a page shows: it takes its rows from a
/// fresh page, and its place is the end of the journal, which is the id.
/// </summary>
internal sealed class DashboardStream(EventJournal journal, CallerCheck callers, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>No page needs to know of changes more often.</summary>
    private static readonly TimeSpan s_leastPause = TimeSpan.FromMilliseconds(300);

    /// <summary>No page shows more rows.</summary>
    private const int MostRows = 200;

    private readonly StreamSeats _seats = new(callers, lifetime, "Close a page of the dashboard; this one is still refreshed every few seconds.");

    /// <summary>How many pages listen now.</summary>
    public int Clients => _seats.Clients;

    public static void Map(IEndpointRouteBuilder web) => web
        .MapGet("/events/stream", (RequestDelegate)(context => context.RequestServices.GetRequiredService<DashboardStream>().ServeAsync(context)))
        .WithMetadata(new RouteDescription("Keeps an open page of the dashboard up to date (text/event-stream)"), new ExcludeFromDescriptionAttribute());

    private Task ServeAsync(HttpContext context)
    {
        PageHeaders.Set(context.Response);
        var query = new ApiQuery(context.Request, "after", "subject", "type", "source", "rows", "commits");
        var filter = EventFilter.Of(query);
        var place = query.Text("rows") == "none" ? null : new StreamPlace(journal, filter, StreamSeats.AfterOf(context.Request) ?? journal.Head);
        var known = query.Number("commits", absent: journal.Commits.Beats, least: 0, most: long.MaxValue);
        return _seats.ServeAsync(context, (writer, cancellationToken) => SendAsync(context, writer, place, known, cancellationToken));
    }

    /// <param name="place">Where the page is in the journal; <c>null</c> when it shows no rows.</param>
    /// <param name="known">The commits that the page knows of.</param>
    private async Task SendAsync(HttpContext context, EventStreamWriter writer, StreamPlace? place, long known, CancellationToken cancellationToken)
    {
        while (true)
        {
            _seats.RequireAdmitted(context);
            var beats = journal.Commits.Beats;
            if (place is not null)
            {
                await CatchUpAsync(context, writer, place, cancellationToken);
            }

            if (beats != known)
            {
                known = beats;
                writer.Message("changed", id: null, "");
                await writer.FlushAsync(cancellationToken);
                await Task.Delay(s_leastPause, TimeProvider.System, cancellationToken);
            }

            try
            {
                await journal.Commits.NextAsync(known).WaitAsync(StreamSeats.KeepAlive, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                writer.Comment("still here");
                await writer.FlushAsync(cancellationToken);
            }
        }
    }

    /// <summary>Sends the rows up to the end of the journal, or none of them when they are too many.</summary>
    private async Task CatchUpAsync(HttpContext context, EventStreamWriter writer, StreamPlace place, CancellationToken cancellationToken)
    {
        var rows = new List<(long Number, string Html)>();
        while (place.Next() is { } items)
        {
            _seats.RequireAdmitted(context);
            cancellationToken.ThrowIfCancellationRequested();
            await RenderAsync(context, items, rows);
            if (rows.Count > MostRows)
            {
                writer.Message("reset", place.SkipToEnd(), "");
                await writer.FlushAsync(cancellationToken);
                return;
            }
        }

        rows.ForEach(row => writer.Message("event", row.Number, row.Html));
        if (rows.Count > 0)
        {
            await writer.FlushAsync(cancellationToken);
        }
    }

    private static async Task RenderAsync(HttpContext context, IReadOnlyList<StreamItem> items, List<(long Number, string Html)> rows)
    {
        // Its own, and not the request's: that one would keep every row until the page is closed.
        await using var scope = context.RequestServices.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Visit>().Attach(context);
        var renderer = scope.ServiceProvider.GetRequiredService<PageRenderer>();
        foreach (var item in items)
        {
            rows.Add((item.Number, item.Event is { } evt
                ? await renderer.RenderAsync<EventRow>(new Dictionary<string, object?> { [nameof(EventRow.Event)] = EventView.Of(evt) })
                : ""));
        }
    }
}
