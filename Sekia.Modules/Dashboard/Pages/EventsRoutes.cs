using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary><c>/web/events</c>: the events, and each of them.</summary>
internal static class EventsRoutes
{
    /// <summary>What is asked before an event is published again.</summary>
    public const string PublishQuestion = "Publish this event again? Every workflow that listens acts on it once more.";

    public static void Map(IEndpointRouteBuilder web)
    {
        web.MapPage("/events", "The events, the newest first, by subject, type, source, time and text", List);
        web.MapPage("/events/{id}", "An event, and what became of it", Show);
        web.MapAction("/events/{id}/publish", "Publishes an event again", PublishAsync, _ => PublishQuestion);

        // There is nothing to ask of workflows when they are switched off.
        if (web.ServiceProvider.GetService<WorkflowEngine>() is not null)
        {
            web.MapForm("/events/{id}/replay", "Shows what the workflows would do with an event", (context, _) => ReplayAsync(context));
        }
    }

    private static IResult List(HttpContext context)
    {
        var query = EventsQuery.Of(context.Request);
        if (query.Text is not null)
        {
            return new TextSearchResult(query);
        }

        var view = EventsView.Of(context.RequestServices.GetRequiredService<EventJournal>(), query);
        return Page.Of<EventsPage>(new Dictionary<string, object?> { [nameof(EventsPage.Query)] = query, [nameof(EventsPage.View)] = view });
    }

    private static IResult Show(HttpContext context)
    {
        var evt = Find(context);
        var why = context.RequestServices.GetService<WhyApi>()?.Explain(evt.Id);
        return Page.Of<EventPage>(new Dictionary<string, object?> { [nameof(EventPage.Event)] = EventView.Of(evt), [nameof(EventPage.Why)] = why });
    }

    private static async Task<IResult> ReplayAsync(HttpContext context)
    {
        var evt = Find(context);
        var view = await context.RequestServices.GetRequiredService<ReplayApi>().DryAsync(evt, workflow: null, context.RequestAborted);
        return Page.Of<ReplayPage>(new Dictionary<string, object?> { [nameof(ReplayPage.View)] = view, [nameof(ReplayPage.Type)] = evt.Type });
    }

    private static async Task<Notice> PublishAsync(HttpContext context, IFormCollection form)
    {
        var again = await ReplayApi.PublishAgainAsync(context.RequestServices.GetRequiredService<EventBus>(), Find(context), context.RequestAborted);
        return new Notice("Published again, as a new event.", Path: $"/web/events/{again.Id}");
    }

    private static Event Find(HttpContext context) =>
        EventsApi.Find(context.RequestServices.GetRequiredService<EventJournal>(), context.GetRouteValue("id") as string ?? "");
}
