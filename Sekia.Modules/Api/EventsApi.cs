using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Api;

/// <summary><c>/api/v1/events</c>: publish, and read what was published.</summary>
internal sealed class EventsApi(EventBus bus, EventJournal journal, LiveOptions<JournalOptions> options)
{
    /// <summary>Room for the fields beside the payload, in bytes.</summary>
    private const int EnvelopeBytes = 16 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/events", (HttpRequest request, EventsApi events, CancellationToken cancellationToken) => events.PublishAsync(request, cancellationToken))
            .WithMetadata(new RouteDescription("Publishes an event; answers when it is on disk")
            {
                Answer = ApiJson.Readable.Receipt,
                Status = StatusCodes.Status202Accepted,
                Body =
                [
                    new("type", "What happened, for example deploy.started", Required: true),
                    new("subject", "Where it is published; sekia.events.<source> when absent"),
                    new("source", "Who says so; api when absent"),
                    new("key", "The source's own id: the same key twice is recorded once"),
                    new("payload", "Any JSON object; null when absent", "object"),
                ],
                Refusals = [400, 413, 503],
            });
        api.MapGet("/events", (HttpRequest request, EventsApi events) => events.List(request))
            .WithMetadata(new RouteDescription("Lists events in the order of the journal")
            {
                Answer = ApiJson.Readable.EventPage,
                Query =
                [
                    new("after", "Only events with a greater number", "integer"),
                    new("subject", "Only events whose subject matches this pattern"),
                    new("type", "Only events of this type"),
                    ApiQuery.LimitParameter,
                ],
                Refusals = [400],
            });
    }

    private async Task<IResult> PublishAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var limit = options.Current.MaxPayloadBytes;
        if (await RequestBody.ReadAsync(request, limit + EnvelopeBytes, cancellationToken) is not { } body)
        {
            return ApiJson.Refusal(StatusCodes.Status413PayloadTooLarge, $"The body is too large; a payload has at most {limit} bytes (Journal:MaxPayloadBytes).");
        }

        var fields = RequestFields.Parse(body, "subject", "type", "source", "key");
        var source = fields["source"] ?? "api";
        var subject = fields["subject"] ?? Subject.OfEvents(source);
        var evt = new Event { Subject = subject, Type = fields.Required("type"), Source = source, Key = fields["key"], Payload = fields.PayloadBytes };
        return ApiJson.Answer(await PublishAsync(evt, source, cancellationToken), StatusCodes.Status202Accepted);
    }

    /// <summary>Publishes an event of a caller.</summary>
    /// <param name="evt">What the caller tells.</param>
    /// <param name="source">Whom the caller names as its source.</param>
    /// <exception cref="BadHttpRequestException">The source or the subject is not for callers.</exception>
    public async Task<Receipt> PublishAsync(Event evt, string source, CancellationToken cancellationToken)
    {
        if ((Subject.FaultOfEventSource(source) ?? Subject.FaultOfEventSubject(evt.Subject)) is { } fault)
        {
            throw new BadHttpRequestException($"The event is refused: {fault}.");
        }

        var accepted = await bus.PublishAsync(evt, cancellationToken);
        return new Receipt(accepted.Id, accepted.Seq, accepted.Duplicate);
    }

    /// <summary>An event by its id.</summary>
    /// <exception cref="BadHttpRequestException">There is none.</exception>
    public static Event Find(EventJournal journal, string id) =>
        JournalId.NumberIn(JournalId.Event, id) is { } seq && journal.Reader.Event(seq) is { } evt && evt.Id == id
            ? evt
            : throw new BadHttpRequestException(
                $"There is no event '{id}'. It may have been removed with age; GET /api/v1/events lists those there are.", StatusCodes.Status404NotFound);

    /// <summary>The newest events.</summary>
    /// <param name="before">Only those with a smaller number.</param>
    /// <param name="subject">A pattern; <c>null</c> for all.</param>
    /// <exception cref="BadHttpRequestException">The pattern is malformed.</exception>
    public NewestEvents Newest(long before, string? subject, string? type, int limit)
    {
        var (events, next) = journal.Reader.Backwards(new EventSelection(PatternOf(subject), type), after: 0, before, limit, ApiQuery.MaxBytes);
        return new NewestEvents([.. events.Select(EventView.Of)], next);
    }

    private JsonHttpResult<EventPage> List(HttpRequest request)
    {
        var query = new ApiQuery(request, "after", "subject", "type", "limit");
        var filter = EventFilter.Of(query);
        var seen = 0L;
        var head = journal.Head;
        var (events, upTo) = journal.Reader.Events(
            query.Number("after", absent: 0, least: 0, most: long.MaxValue), head, subject => filter.Matches(subject, ref seen), filter.Type, query.Limit(), ApiQuery.MaxBytes);
        return ApiJson.Answer(new EventPage([.. events.Select(EventView.Of)], upTo < head ? upTo : null));
    }

    private static SubjectPattern? PatternOf(string? text) =>
        text is null ? null
        : SubjectPattern.FaultOf(text) is { } fault ? throw new BadHttpRequestException($"Parameter 'subject': {fault}.")
        : SubjectPattern.Parse(text);
}

/// <summary>A page of events.</summary>
/// <param name="Events">In the order of the journal.</param>
/// <param name="Next">What to pass as <c>after</c> to go on; <c>null</c> at the end. A page may be empty and yet have a next: the journal is searched in steps.</param>
public sealed record EventPage(IReadOnlyList<EventView> Events, long? Next);

/// <summary>Events from the end of the journal.</summary>
/// <param name="Events">The newest first.</param>
/// <param name="Next">What to pass as <c>before</c> to go on; <c>null</c> at the end.</param>
public sealed record NewestEvents(IReadOnlyList<EventView> Events, long? Next);

/// <summary>An event as the API shows it.</summary>
public sealed record EventView(long Seq, string Id, string Subject, string Type, string Source, long Timestamp, RawJson Payload, CauseView? Cause, int Depth)
{
    internal static EventView Of(Event evt) =>
        new(evt.Seq, evt.Id, evt.Subject, evt.Type, evt.Source, evt.Timestamp, new RawJson(evt.Payload), CauseView.Of(evt.Cause), evt.Depth);
}

/// <summary>What an event or a command follows from, as journal numbers.</summary>
public sealed record CauseView(long? Event, long? Run, long? Command)
{
    internal static CauseView? Of(Cause cause) => cause == default ? null : new CauseView(cause.Event, cause.Run, cause.Command);
}
