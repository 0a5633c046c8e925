using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Hosting;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Mcp;

/// <summary>The Model Context Protocol at <c>/mcp</c>: what the API answers, for assistants.</summary>
public sealed class McpModule : IModule
{
    public string Name => "Mcp";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        services.AddModuleOptions<McpOptions>(section);

        // The answers are the API's, also when its routes are switched off.
        services.TryAddSingleton<EventsApi>();
        services.TryAddSingleton<CommandsApi>();
        services.TryAddSingleton<StatusApi>();
        services.AddSingleton<CommandSending>();
        services.AddSingleton<HostTools>();
        services.AddSingleton<EventResources>();
        services.AddSingleton<McpSessions>();
        services.AddHostedService(provider => provider.GetRequiredService<McpSessions>());
        if (services.Any(service => service.ServiceType == typeof(WorkflowEngine)))
        {
            services.TryAddSingleton<WorkflowsApi>();
            services.TryAddSingleton<WhyApi>();
            services.AddSingleton<WorkflowTools>();
            services.AddSingleton<WorkflowResources>();
            services.AddHostedService<WorkflowChanges>();
        }

        services.AddSingleton(ToolsOf);
        services.AddSingleton(provider => new McpResources(provider.GetRequiredService<EventResources>(), provider.GetService<WorkflowResources>()));
        services.AddSingleton(provider => new WriteWorkflowPrompt(provider.GetRequiredService<AgentRegistry>(), provider.GetService<WorkflowResources>()));
        services.AddSingleton<McpFace>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes) => McpEndpoints.Map(routes);

    private static McpTools ToolsOf(IServiceProvider provider) => new(
        [
            .. provider.GetRequiredService<HostTools>().All,
            .. provider.GetService<WorkflowTools>()?.All ?? [],
            .. CommandTools.All(
                provider.GetRequiredService<AgentRegistry>(),
                provider.GetRequiredService<CommandSending>(),
                provider.GetRequiredService<LiveOptions<McpOptions>>().Current),
        ],
        provider.GetRequiredService<ILogger<McpTools>>());
}
