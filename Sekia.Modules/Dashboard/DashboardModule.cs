using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Sekia.Modules.Api;
using Sekia.Modules.Dashboard.Assets;
using Sekia.Modules.Dashboard.Live;
using Sekia.Modules.Dashboard.Pages;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Dashboard;

/// <summary>The dashboard at <c>/web</c>: what people look at instead of reading logs.</summary>
/// <remarks>
/// <para>Every page is a Razor component, rendered here and sent as plain HTML; it works without scripts. What it shows are the records of
/// the API, so that both tell the same. The one script, <c>Assets/sekia.js</c>, only keeps open pages up to date and asks before
/// destructive buttons.</para>
/// <para>To add a page:</para>
/// <list type="number">
/// <item><c>Pages/XPage.razor</c>: the component. Its outermost element is <c>Shell</c> (title, entry of the navigation). It injects what it
/// reads, and <see cref="Visit"/> for the address, the query and whether the visitor may act (<see cref="Visit.CanAct"/>).
/// Parts that should stay up to date are elements with an <c>id</c> and the attribute <c>data-live</c>.</item>
/// <item><c>Pages/XRoutes.cs</c>: <c>MapPage</c> for what is read, <c>MapAction</c> for each button. Buttons are <c>ActionForm</c>.</item>
/// <item>One line in <see cref="MapEndpoints"/>, and, for what belongs into the navigation, one in <see cref="Navigation"/>.</item>
/// </list>
/// <para>What a page refuses, it throws: a <c>BadHttpRequestException</c> becomes a page with its sentence and status, and from an action
/// a notice on the page it came from. No style attributes and no inline scripts: browsers are told to refuse them.</para>
/// </remarks>
public sealed class DashboardModule : IModule
{
    // Its section is read by Hosting, which needs the login also when the pages are switched off.
    public string Name => "Dashboard";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        // The answers are the API's, also when its routes are switched off.
        services.TryAddSingleton<EventsApi>();
        services.TryAddSingleton<CommandsApi>();
        services.TryAddSingleton<StatusApi>();
        if (services.Any(service => service.ServiceType == typeof(WorkflowEngine)))
        {
            services.TryAddSingleton<WorkflowsApi>();
            services.TryAddSingleton<WhyApi>();
            services.TryAddSingleton<ReplayApi>();
        }

        services.AddSingleton<DashboardStream>();
        services.AddSingleton<Attention>();
        services.AddSingleton<TextSearches>();
        services.AddSingleton<Failures>();
        services.AddSingleton<RefusalPage>(ErrorPage.WriteAsync);
        services.AddScoped<Visit>();
        services.AddScoped<PageRenderer>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        _ = routes.ServiceProvider.GetRequiredService<StatusApi>();
        routes.MapHome();
        var web = routes.MapGroup("/web");
        AssetFiles.Map(web);
        DashboardStream.Map(web);
        OverviewRoutes.Map(web);
        EventsRoutes.Map(web);
        CommandRoutes.Map(web);
        FailureRoutes.Map(web);
        SettingsRoutes.Map(web);
        WorkflowsRoutes.Map(web);
        AgentsRoutes.Map(web);
    }
}
