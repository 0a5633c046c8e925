using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Hosting.Logs;
using Sekia.Modules.Hosting.Settings;

namespace Sekia.Modules.Hosting;

/// <summary>Puts the host together: settings, log, modules, guard, routes.</summary>
internal static class SekiaServer
{
    /// <summary>How long the host may take to finish what it has begun when it is told to stop.</summary>
    private static readonly TimeSpan s_shutdownLimit = TimeSpan.FromSeconds(10);

    /// <summary>Builds the host without starting anything.</summary>
    /// <param name="args">Settings as <c>--Section:Key=value</c>.</param>
    /// <param name="modules">All modules, in start order.</param>
    /// <exception cref="StartFailedException">Something is wrong with the settings; the message lists all of it.</exception>
    public static WebApplication Build(string[] args, IReadOnlyList<IModule> modules)
    {
        var builder = CreateBuilder(args);
        var services = builder.Services;
        var selection = ModuleSelection.Of(modules, builder.Configuration);
        services.AddSingleton(TimeProvider.System);
        services.AddHttpClient();
        services.TryAddSingleton<LiveFeed>();
        var server = services.AddModuleOptions<ServerOptions>(builder.Configuration.GetSection(ServerOptions.Section));
        services.AddModuleOptions<WebCredentials>(builder.Configuration.GetSection(WebCredentials.Section));
        var logs = services.BindOptions<LogOptions>(builder.Configuration.GetSection("Logs"));
        AddModules(services, selection, builder.Configuration);

        var check = CheckOf(services, selection);
        var settings = check.Check(builder.Configuration);
        if (settings.Faults.Count > 0)
        {
            throw new StartFailedException(SettingsCheck.Summary("Sekia cannot start", settings.Faults));
        }

        var mask = new SecretMask();
        mask.Add(settings.Secrets);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddSekiaLog(logs.Current, mask, builder.Environment.ContentRootPath);
        services.AddSingleton(mask).AddSingleton(check).AddSingleton(selection).AddSingleton(builder.Configuration);
        services.AddSingleton<SettingsReload>().AddHostedService<ReloadTriggers>();
        services.AddSingleton<Readiness>().AddSingleton<StartBanner>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = s_shutdownLimit);
        builder.AddWebAccess(server.Current);
        return Compose(builder.Build(), selection);
    }

    private static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var host = new ConfigurationBuilder().AddCommandLine(args).Build();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = host[HostDefaults.ApplicationKey],
            ContentRootPath = Path.GetFullPath(host[HostDefaults.ContentRootKey] ?? "."),
            EnvironmentName = host[HostDefaults.EnvironmentKey] ?? Environments.Production,
        });
        builder.Configuration.AddSekiaSettings(builder.Environment.ContentRootPath, args);
        return builder;
    }

    private static void AddModules(IServiceCollection services, ModuleSelection selection, ConfigurationManager configuration)
    {
        foreach (var module in selection.Enabled)
        {
            module.AddServices(services, configuration.GetSection(module.Name));
        }

        // Modules without settings of their own, and those that are off, still have their switch.
        var bound = services.OptionsBindings().Select(binding => binding.Path).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var module in selection.Enabled.Concat(selection.Disabled).Where(module => !bound.Contains(module.Name)))
        {
            services.BindOptions<ModuleOptions>(configuration.GetSection(module.Name));
        }
    }

    private static SettingsCheck CheckOf(IServiceCollection services, ModuleSelection selection) => new(
        services.OptionsBindings(),
        knownSections: ["Logging"],
        disabledSections: [.. selection.Disabled.Select(module => module.Name)],
        rules: [ListenRules.FaultsIn]);

    private static WebApplication Compose(WebApplication app, ModuleSelection selection)
    {
        app.UseWebAccess();
        app.UseRouting();
        app.MapHealth();
        foreach (var module in selection.Enabled)
        {
            module.MapEndpoints(app);
        }

        return app;
    }
}
