using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Agents;

/// <summary>The registry of agents, and the two that work for them: the supervisor (reading) and the dispatcher (commands).</summary>
public sealed class AgentsModule : IModule
{
    public string Name => "Agents";

    public bool IsRequired => true;

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        services.AddModuleOptions<AgentsOptions>(section);
        services.AddSingleton(provider => new AgentRegistry(
            provider.GetServices<AgentInstance>(),
            provider.GetRequiredService<LiveOptions<AgentsOptions>>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CommandCourier>();
        services.AddSingleton<CommandDispatcher>();
        services.AddSingleton<DryRunSwitch>();
        services.AddHostedService(provider => provider.GetRequiredService<DryRunSwitch>());
        services.AddHostedService(provider => provider.GetRequiredService<CommandDispatcher>());
        services.AddHostedService<AgentSupervisor>();
        services.AddHostedService<Heartbeat>();
        services.AddSingleton<IBannerSource, AgentsBanner>();
    }
}
