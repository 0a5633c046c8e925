using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;

namespace Sekia.Modules.Http;

/// <summary>The agent that sends an HTTP request wherever a workflow asks, except into the host's own network.</summary>
public sealed class HttpModule : IModule
{
    public string Name => "Http";

    public void AddServices(IServiceCollection services, IConfigurationSection section) =>
        services.AddAgents<HttpOptions>(
            section, "http-agent", (provider, name, options) => new HttpAgent(name, options, provider.GetRequiredService<TimeProvider>()));
}
