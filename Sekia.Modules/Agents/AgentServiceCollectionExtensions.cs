using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Agents;

/// <summary>How a module brings its agent.</summary>
public static class AgentServiceCollectionExtensions
{
    private const string Instances = "Instances";

    /// <summary>
    /// Registers an agent, and one more for each <c>Instances:&lt;name&gt;</c> of its section, each with settings and a name of its
    /// own. Instances inherit nothing from the section: a token must not slip from one account to another.
    /// </summary>
    /// <typeparam name="TAgent">Takes a <c>string name</c>, a <c>LiveOptions&lt;TOptions&gt;</c>, and whatever is registered.</typeparam>
    /// <typeparam name="TOptions">The settings of one instance.</typeparam>
    /// <param name="services">The host's services.</param>
    /// <param name="section">The module's section.</param>
    /// <param name="name">The name of the instance that the section itself describes, for example <c>github-agent</c>.</param>
    public static void AddAgent<TAgent, TOptions>(this IServiceCollection services, IConfigurationSection section, string name)
        where TAgent : class, IAgent
        where TOptions : AgentOptions, new()
    {
        var instances = section.GetSection(Instances).GetChildren().ToArray();
        var own = services.BindOptions<TOptions>(section, Instances);

        // A section that holds nothing but instances describes no agent of its own.
        if (instances.Length == 0 || section.GetChildren().Any(child => !string.Equals(child.Key, Instances, StringComparison.OrdinalIgnoreCase)))
        {
            services.AddInstance<TAgent, TOptions>(name, own);
        }

        foreach (var instance in instances)
        {
            var options = services.BindOptions<TOptions>(instance);
            if (options.Current.Enabled)
            {
                services.AddInstance<TAgent, TOptions>(instance.Key, options);
            }
        }
    }

    private static void AddInstance<TAgent, TOptions>(this IServiceCollection services, string name, LiveOptions<TOptions> options)
        where TAgent : class, IAgent
        where TOptions : AgentOptions =>
        services.AddSingleton(provider =>
            new AgentInstance(ActivatorUtilities.CreateInstance<TAgent>(provider, name, options), () => options.Current));
}
