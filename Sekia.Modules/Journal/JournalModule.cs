using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Journal;

/// <summary>The durable record that everything else stands on.</summary>
public sealed class JournalModule : IModule
{
    public string Name => "Journal";

    public bool IsRequired => true;

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        services.AddModuleOptions<JournalOptions>(section);
        services.AddSingleton<EventJournal>();
        services.AddSingleton<Retention>();

        services.AddSingleton(provider =>
        {
            var journal = provider.GetRequiredService<EventJournal>();
            return new ReadinessCheck(() => journal.UnavailableBecause);
        });
        services.AddSingleton<IBannerSource, JournalBanner>();

        // The order counts: the journal opens before, and closes after, all that uses it.
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<EventJournal>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<Retention>());
        services.AddHostedService<EventBlocks>();
    }
}
