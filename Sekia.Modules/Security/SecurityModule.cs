using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Security;

/// <summary>Signs the commands that leave the process and checks those that come in.</summary>
public sealed class SecurityModule : IModule
{
    public string Name => "Security";

    public bool IsRequired => true;

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        services.AddModuleOptions<SecurityOptions>(section);
        services.AddSingleton<CommandSealer>();
        services.AddSingleton(new ReplayMemory());
        services.AddSingleton<CommandVerifier>();
    }
}
