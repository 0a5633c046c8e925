using System.Globalization;
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
    /// <summary>More clients at a time are turned away.</summary>
    public const int MaxClients = 50;

    /// <summary>Proxies cut connections that are silent for longer.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    private const int PageEvents = 200;

    /// <summary>A client that does not read holds on to a page, and there may be <see cref="MaxClients"/> of them.</summary>
    private const long PageBytes = 64L << 10;
    private const string LastEventId = "Last-Event-ID";

    private int _clients;

    /// <summary>How many clients there are now.</summary>
    public int Clients => Volatile.Read(ref _clients);

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

    private async Task ServeAsync(HttpContext context)
    {
        var filter = EventFilter.Of(new ApiQuery(context.Request, "after", "subject", "type"));
        var after = AfterOf(context.Request) ?? journal.Head;
        if (Interlocked.Increment(ref _clients) > MaxClients)
        {
            Interlocked.Decrement(ref _clients);
            context.Response.Headers.RetryAfter = "10";
            await Problem.WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"There are {MaxClients} clients of the stream already, and no more are served. Close one, or read GET /api/v1/events in turns.");
            return;
        }

        try
        {
            // A stream has no end of its own, so the stop must not wait for it.
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await SendAsync(context, filter, after, ending.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or JournalUnavailableException)
        {
            // The client has gone, or lost its right to listen, or the host stops: there is nobody to tell.
        }
        finally
        {
            Interlocked.Decrement(ref _clients);
        }
    }

    private async Task SendAsync(HttpContext context, EventFilter filter, long after, CancellationToken cancellationToken)
    {
        var writer = new EventStreamWriter(context.Response.BodyWriter);

        // One message is enough to wake a reader that finds the rest in the journal; older ones are dropped.
        using var news = feed.Subscribe(filter.Pattern, capacity: 1);
        var wakes = news.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
        var wake = wakes.MoveNextAsync().AsTask();
        try
        {
            writer.Comment("events of Sekia");
            await writer.FlushAsync(cancellationToken);
            while (true)
            {
                after = await SendWhatIsThereAsync(context, writer, filter, after, cancellationToken);
                try
                {
                    await wake.WaitAsync(KeepAlive, clock, cancellationToken);
                    wake = wakes.MoveNextAsync().AsTask();
                }
                catch (TimeoutException)
                {
                    RequireAdmitted(context);
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
    private async Task<long> SendWhatIsThereAsync(HttpContext context, EventStreamWriter writer, EventFilter filter, long after, CancellationToken cancellationToken)
    {
        var head = journal.Head;
        if (after > head)
        {
            // Numbers of another journal: whatever was missed cannot be known.
            writer.Gap(new JournalGap(after, head + 1));
            await writer.FlushAsync(cancellationToken);
            after = head;
        }

        while (after < head)
        {
            RequireAdmitted(context);
            var seen = 0L;
            var (events, upTo) = journal.Reader.Events(after, head, subject => filter.Matches(subject, ref seen), filter.Type, PageEvents, PageBytes);
            var gaps = new Queue<JournalGap>(seen == upTo - after ? [] : journal.Reader.Gaps(after, upTo));
            foreach (var evt in events)
            {
                while (gaps.TryPeek(out var gap) && gap.First <= evt.Seq)
                {
                    writer.Gap(gaps.Dequeue());
                }

                writer.Event(evt);
            }

            foreach (var gap in gaps)
            {
                writer.Gap(gap);
            }

            await writer.FlushAsync(cancellationToken);
            (after, head) = (upTo, journal.Head);
        }

        return after;
    }

    /// <summary>Asked anew for each page: a client may be behind for hours, and its token be revoked meanwhile.</summary>
    private void RequireAdmitted(HttpContext context)
    {
        if (context.Features.Get<Caller>() is { } caller && !callers.StillAdmits(caller))
        {
            throw new OperationCanceledException("The token was revoked.");
        }
    }

    private static long? AfterOf(HttpRequest request)
    {
        if (request.Headers[LastEventId].ToString() is not { Length: > 0 } last)
        {
            return new ApiQuery(request).Number("after", absent: -1, least: 0, most: long.MaxValue) is var number and >= 0 ? number : null;
        }

        return long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new BadHttpRequestException($"The header {LastEventId} must be the id of an event of this stream, which is a whole number.");
    }
}
