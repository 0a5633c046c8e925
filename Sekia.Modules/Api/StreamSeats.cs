using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Api;

/// <summary>Serves streams of Server-Sent Events, and no more at a time than there are seats.</summary>
/// <param name="callers">Who may still listen.</param>
/// <param name="lifetime">Ends all of them.</param>
/// <param name="advice">What somebody who finds none may do instead.</param>
internal sealed class StreamSeats(CallerCheck callers, IHostApplicationLifetime lifetime, string advice)
{
    /// <summary>More clients at a time are turned away.</summary>
    public const int MaxClients = 50;

    /// <summary>Proxies cut connections that are silent for longer.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    private const string LastEventId = "Last-Event-ID";

    private int _clients;

    /// <summary>How many clients there are now.</summary>
    public int Clients => Volatile.Read(ref _clients);

    /// <summary>After which number a client wants to begin; <c>null</c> when it does not say.</summary>
    /// <exception cref="BadHttpRequestException">It is no number.</exception>
    public static long? AfterOf(HttpRequest request)
    {
        if (request.Headers[LastEventId].ToString() is not { Length: > 0 } last)
        {
            return new ApiQuery(request).Number("after", absent: -1, least: 0, most: long.MaxValue) is var number and >= 0 ? number : null;
        }

        return long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new BadHttpRequestException($"The header {LastEventId} must be the id of an event of this stream, which is a whole number.");
    }

    /// <summary>To be asked anew for each page: a client may be behind for hours, and its token be revoked meanwhile.</summary>
    /// <exception cref="OperationCanceledException">It was.</exception>
    public void RequireAdmitted(HttpContext context)
    {
        if (context.Features.Get<Caller>() is { } caller && !callers.StillAdmits(caller))
        {
            throw new OperationCanceledException("The token was revoked.");
        }
    }

    /// <summary>Answers with a stream until the client goes or the host stops.</summary>
    public async Task ServeAsync(HttpContext context, Func<EventStreamWriter, CancellationToken, Task> sendAsync)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            // The answer without what follows, which has no end.
            SetHeaders(context.Response);
            return;
        }

        if (Interlocked.Increment(ref _clients) > MaxClients)
        {
            Interlocked.Decrement(ref _clients);
            context.Response.Headers.RetryAfter = "10";
            await Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"There are {MaxClients} clients of the stream already, and no more are served. {advice}");
            return;
        }

        try
        {
            // A stream has no end of its own, so the stop must not wait for it.
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            SetHeaders(context.Response);
            var writer = new EventStreamWriter(context.Response.BodyWriter);
            writer.Comment("events of Sekia");
            await writer.FlushAsync(ending.Token);
            await sendAsync(writer, ending.Token);
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

    private static void SetHeaders(HttpResponse response)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
    }
}
