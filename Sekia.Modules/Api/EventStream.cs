using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Api;

/// <summary>
/// <c>/api/v1/events/stream</c>: events as they come, as Server-Sent Events. Every client reads the journal in its own time; what comes in
/// only wakes it. So a slow client costs a page of memory and misses nothing, and one that comes back goes on where it was.
/// </summary>
internal sealed class EventStream(EventJournal journal, LiveFeed feed, CallerCheck callers, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    private readonly StreamSeats _seats = new(callers, lifetime, "Close one, or read GET /api/v1/events in turns.");

    /// <summary>How many clients there are now.</summary>
    public int Clients => _seats.Clients;

    public static void Map(IEndpointRouteBuilder api) => api
        .MapGet("/events/stream", (HttpContext context, EventStream stream) => stream.ServeAsync(context))
        .WithMetadata(new RouteDescription("Streams events as they come, each with its number as id (text/event-stream)")
        {
            ContentType = "text/event-stream",
            Query =
            [
                new("after", "The number after which to begin; the header Last-Event-ID goes before it. Without either: with what comes from now on", "integer"),
                new("subject", "Only events whose subject matches this pattern"),
                new("type", "Only events of this type"),
            ],
            Refusals = [400, 503],
        });

    private Task ServeAsync(HttpContext context)
    {
        var filter = EventFilter.Of(new ApiQuery(context.Request, "after", "subject", "type"));
        var place = new StreamPlace(journal, filter, StreamSeats.AfterOf(context.Request) ?? journal.Head);
        return _seats.ServeAsync(context, (writer, cancellationToken) => SendAsync(context, writer, filter, place, cancellationToken));
    }

    private async Task SendAsync(HttpContext context, EventStreamWriter writer, EventFilter filter, StreamPlace place, CancellationToken cancellationToken)
    {
        // One message is enough to wake a reader that finds the rest in the journal; older ones are dropped.
        using var news = feed.Subscribe(filter.Pattern, capacity: 1);
        var wakes = news.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
        var wake = wakes.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                await SendWhatIsThereAsync(context, writer, place, cancellationToken);
                try
                {
                    await wake.WaitAsync(StreamSeats.KeepAlive, clock, cancellationToken);
                    wake = wakes.MoveNextAsync().AsTask();
                }
                catch (TimeoutException)
                {
                    _seats.RequireAdmitted(context);
                    writer.Comment("still here");
                    await writer.FlushAsync(cancellationToken);
                }
            }
        }
        finally
        {
            // Ends the wait, which must be over before the enumerator goes.
            news.Dispose();
            await wake;
            await wakes.DisposeAsync();
        }
    }

    /// <summary>Sends page by page until the end of the journal, each once the client has taken the one before.</summary>
    private async Task SendWhatIsThereAsync(HttpContext context, EventStreamWriter writer, StreamPlace place, CancellationToken cancellationToken)
    {
        while (place.Next() is { } items)
        {
            _seats.RequireAdmitted(context);
            foreach (var item in items)
            {
                if (item.Event is { } evt)
                {
                    writer.Event(evt);
                }
                else if (item.Gap is { } gap)
                {
                    writer.Gap(gap);
                }
            }

            await writer.FlushAsync(cancellationToken);
        }
    }
}
