using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Api;

/// <summary>The HTTP API under <c>/api/v1</c>, for people with curl and for programs.</summary>
public sealed class ApiModule : IModule
{
    public string Name => "Api";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        services.AddModuleOptions<ModuleOptions>(section);
        services.AddSingleton<EventsApi>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<CommandsApi>();
        services.AddSingleton<StatusApi>();
        if (services.Any(service => service.ServiceType == typeof(WorkflowEngine)))
        {
            services.AddSingleton<WorkflowsApi>();
            services.AddSingleton<WhyApi>();
            services.AddSingleton<ReplayApi>();
        }

        services.AddSingleton<OpenApiDocument>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        // Made now, so that the uptime it tells is the host's.
        _ = routes.ServiceProvider.GetRequiredService<StatusApi>();
        var api = routes.MapGroup("/api/v1");
        EventsApi.Map(api);
        EventStream.Map(api);
        CommandsApi.Map(api);
        StatusApi.Map(api);
        ConfigApi.Map(api);
        OpenApiDocument.Map(api);

        // There is nothing to ask of workflows when they are switched off.
        if (routes.ServiceProvider.GetService<WorkflowEngine>() is not null)
        {
            WorkflowsApi.Map(api);
            WhyApi.Map(api);
            ReplayApi.Map(api);
        }
    }
}
