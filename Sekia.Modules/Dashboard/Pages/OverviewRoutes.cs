using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Dashboard.Parts;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary><c>/web</c>, and <c>/</c>, which leads there.</summary>
internal static class OverviewRoutes
{
    public static void MapHome(this IEndpointRouteBuilder routes) => routes
        .MapGet("/", (RequestDelegate)(context =>
        {
            context.Response.Redirect("/web");
            return Task.CompletedTask;
        }))
        .WithMetadata(new RouteDescription("Leads to the dashboard"), new ExcludeFromDescriptionAttribute());

    public static void Map(IEndpointRouteBuilder web)
    {
        web.MapPage("", "How the host is doing, and what needs attention", _ => Page.Of<OverviewPage>());
        web.MapPage("/partials/status", "The host in a few figures, as a fragment of HTML", _ => Page.Of<StatusPart>());
        web.MapPage("/partials/agents", "The agents, as a fragment of HTML", _ => Page.Of<AgentsPart>());
        web.MapPage("/partials/workflows", "The workflows, as a fragment of HTML", _ => Page.Of<WorkflowsPart>());
        web.MapPage("/{**path}", "Says that there is no such page", context =>
            throw new BadHttpRequestException($"There is no page {context.Request.Path}.", StatusCodes.Status404NotFound));
    }
}
