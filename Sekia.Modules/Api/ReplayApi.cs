using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Api;

/// <summary><c>/api/v1/events/{id}/replay</c>: what the workflows as they are now would do with an event, or the event once more.</summary>
internal sealed class ReplayApi(EventJournal journal, EventBus bus, WorkflowEngine engine, DryReplay replay, IHostApplicationLifetime lifetime)
{
    public static void Map(IEndpointRouteBuilder api) => api
        .MapPost("/events/{id}/replay", (string id, HttpRequest request, ReplayApi replay, CancellationToken cancellationToken) => replay.ReplayAsync(id, request, cancellationToken))
        .WithMetadata(new RouteDescription("Tells what the workflows would do with an event now, or publishes it once more")
        {
            Answer = ApiJson.Readable.ReplayView,
            Query =
            [
                new("dry", "true, which it is when absent: the workflows run in a fresh state, and what they ask for is shown and not done; false: the event is published again", "boolean"),
                new("workflow", "Only this one; for dry replays"),
            ],
            Refusals = [400, 404, 503],
        });

    private async Task<IResult> ReplayAsync(string id, HttpRequest request, CancellationToken cancellationToken)
    {
        var query = new ApiQuery(request, "dry", "workflow");
        query.Check();
        var evt = EventsApi.Find(journal, id);
        return ApiJson.Answer((query.Text("dry"), query.Text("workflow")) switch
        {
            (null or "true", var workflow) => await DryAsync(evt, workflow, cancellationToken),
            ("false", null) => await LiveAsync(evt, cancellationToken),
            ("false", _) => throw new BadHttpRequestException("What is published again is handled by all workflows. Leave out 'workflow', or replay with dry=true."),
            var (other, _) => throw new BadHttpRequestException($"Parameter 'dry' must be true or false, not '{Excerpt.Of(other!)}'."),
        });
    }

    /// <summary>What the workflows would do with an event.</summary>
    /// <param name="workflow">Only this one; <c>null</c> for all.</param>
    /// <exception cref="BadHttpRequestException">There is no such workflow.</exception>
    public async Task<ReplayView> DryAsync(Event evt, string? workflow, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var space = new ReplaySpace(ApiQuery.MaxBytes);
        var replayed = new List<ReplayWorkflow>();
        try
        {
            foreach (var one in Chosen(workflow))
            {
                replayed.Add(ReplayWorkflow.Of(await replay.ReplayAsync(one, evt, ending.Token), space));
            }
        }
        catch (DryReplayBusyException busy)
        {
            throw new BadHttpRequestException(busy.Message, StatusCodes.Status503ServiceUnavailable);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BadHttpRequestException("Sekia stops, and the replay with it. Try again when it runs.", StatusCodes.Status503ServiceUnavailable);
        }

        return new ReplayView(evt.Id, Dry: true, Published: null, replayed);
    }

    public async Task<ReplayView> LiveAsync(Event evt, CancellationToken cancellationToken) =>
        new(evt.Id, Dry: false, await PublishAgainAsync(bus, evt, cancellationToken), []);

    /// <summary>The event once more, for all who listen. Somebody has decided so, hence it is no deeper in a chain than the first.</summary>
    public static async Task<Receipt> PublishAgainAsync(EventBus bus, Event evt, CancellationToken cancellationToken)
    {
        var again = new Event { Subject = evt.Subject, Type = evt.Type, Source = evt.Source, Payload = evt.Payload, Cause = new Cause(evt.Seq), Depth = evt.Depth };
        var accepted = await bus.PublishAsync(again, cancellationToken);
        return new Receipt(accepted.Id, accepted.Seq, accepted.Duplicate);
    }

    private IReadOnlyList<Workflow> Chosen(string? name)
    {
        var all = engine.Workflows;
        return name is null ? all
            : all.FirstOrDefault(one => one.Name == name) is { } workflow ? [workflow]
            : throw WorkflowDetails.NoSuchWorkflow(name, engine);
    }
}
