using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Workflows;

/// <summary>The team's Lua workflows: what reacts to events and asks for effects.</summary>
public sealed class WorkflowsModule : IModule
{
    public string Name => "Workflows";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        services.AddModuleOptions<WorkflowsOptions>(section);
        services.AddSingleton<Questions>();
        services.AddSingleton<LongRuns>();
        services.AddSingleton<RunExecution>();
        services.AddSingleton<DryReplay>();
        services.AddSingleton<WorkflowRoster>();
        services.AddSingleton<WorkflowLoader>();
        services.AddSingleton<WorkflowEngine>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<WorkflowEngine>());
        services.AddSingleton<Timetable>();
        services.AddHostedService(provider => provider.GetRequiredService<Timetable>());
        services.AddHostedService<WedgeWatch>();
    }
}
