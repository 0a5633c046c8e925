using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Agents;

/// <summary>How a module brings its agents.</summary>
public static class AgentServiceCollectionExtensions
{
    /// <summary>
    /// Registers an agent, and one more for each <c>Instances:&lt;name&gt;</c> of its section, each with settings and a name of its
    /// own. Instances inherit nothing from the section: a token must not slip from one account to another.
    /// </summary>
    /// <typeparam name="TOptions">The settings of one instance.</typeparam>
    /// <param name="services">The host's services.</param>
    /// <param name="section">The module's section.</param>
    /// <param name="name">The name of the instance that the section itself describes, for example <c>github-agent</c>.</param>
    /// <param name="create">Makes an agent with its name and its settings.</param>
    /// <returns>The name and the settings of each that was registered.</returns>
    public static IReadOnlyList<(string Name, LiveOptions<TOptions> Options)> AddAgents<TOptions>(
        this IServiceCollection services, IConfigurationSection section, string name, Func<IServiceProvider, string, LiveOptions<TOptions>, IAgent> create)
        where TOptions : AgentOptions, new()
    {
        var added = new List<(string Name, LiveOptions<TOptions> Options)>();
        var agents = Instances.Of(section);
        var own = services.BindOptions<TOptions>(section, Instances.Key);
        if (agents.Contains(section))
        {
            services.AddSingleton(provider => new AgentInstance(create(provider, name, own), () => own.Current));
            added.Add((name, own));
        }

        foreach (var instance in agents.Where(agent => agent != section))
        {
            var options = services.BindOptions<TOptions>(instance);
            if (options.Current.Enabled)
            {
                services.AddSingleton(provider => new AgentInstance(create(provider, instance.Key, options), () => options.Current));
                added.Add((instance.Key, options));
            }
        }

        return added;
    }

    /// <summary>Registers an agent that has no commands, and so no settings of how to carry them out.</summary>
    public static void AddSource(this IServiceCollection services, Func<IServiceProvider, IAgent> create)
    {
        var settings = new AgentOptions();
        services.AddSingleton(provider => new AgentInstance(create(provider), () => settings));
    }
}
