using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Modules.Bus;

/// <summary>The way in for events. The live feed of what goes by is the host's own.</summary>
public sealed class BusModule : IModule
{
    public string Name => "Bus";

    public bool IsRequired => true;

    public void AddServices(IServiceCollection services, IConfigurationSection section) => services.AddSingleton<EventBus>();
}
