using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Hosting;

/// <summary>How a module gets its settings.</summary>
public static class ModuleServiceCollectionExtensions
{
    /// <summary>
    /// Binds a section to an options class. The section is checked together with all others before the host is built, and again at
    /// each reload: unknown keys, values of the wrong form, annotations, <c>IValidatableObject</c>.
    /// </summary>
    /// <param name="services">Where the binding is recorded.</param>
    /// <param name="section">The module's section, or one inside it.</param>
    /// <param name="except">Keys in the section that are not for this class, for example <c>Instances</c>.</param>
    /// <returns>The settings, with defaults in the place of faulty ones: a host with faulty settings does not start.</returns>
    public static LiveOptions<TOptions> BindOptions<TOptions>(
        this IServiceCollection services, IConfigurationSection section, params string[] except)
        where TOptions : class, new()
    {
        var binding = new OptionsBinding<TOptions>(section, except);
        services.AddSingleton<OptionsBinding>(binding);
        return binding.Live;
    }

    /// <summary>Binds a section as <see cref="BindOptions"/> does, and offers its <see cref="LiveOptions{TOptions}"/> to constructors.</summary>
    public static LiveOptions<TOptions> AddModuleOptions<TOptions>(
        this IServiceCollection services, IConfigurationSection section, params string[] except)
        where TOptions : class, new()
    {
        var options = services.BindOptions<TOptions>(section, except);
        services.AddSingleton(options);
        return options;
    }

    /// <summary>The bindings recorded so far.</summary>
    internal static IReadOnlyList<OptionsBinding> OptionsBindings(this IServiceCollection services) =>
        [.. services.Select(service => service.ServiceType == typeof(OptionsBinding) ? service.ImplementationInstance : null).OfType<OptionsBinding>()];
}
