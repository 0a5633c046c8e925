using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Modules;

/// <summary>One feature of the host. Construction has no side effects; everything happens in the two methods.</summary>
/// <remarks>
/// Life cycle: the host constructs every module, calls <see cref="AddServices"/> on the enabled ones in the order of
/// <c>Program.cs</c>, checks all their settings at once, builds, calls <see cref="MapEndpoints"/>, and starts. Work that runs
/// is an <c>IHostedService</c>; cleanup is <c>IAsyncDisposable</c>.
/// </remarks>
public interface IModule
{
    /// <summary>The module's configuration section and its folder.</summary>
    string Name { get; }

    /// <summary>Others stand on it, so it cannot be switched off.</summary>
    bool IsRequired => false;

    /// <summary>Registers what the module offers. Not called when <c>&lt;Name&gt;:Enabled</c> is <c>false</c>.</summary>
    void AddServices(IServiceCollection services, IConfigurationSection section);

    /// <summary>Maps the module's HTTP routes. Not called when the module is disabled.</summary>
    void MapEndpoints(IEndpointRouteBuilder routes) { }
}
