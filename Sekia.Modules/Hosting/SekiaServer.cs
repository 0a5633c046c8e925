using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
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
    /// <summary>The section of .NET's own with how much is logged.</summary>
    public const string LogLevels = "Logging";

    /// <summary>How long the host may take to finish what it has begun when it is told to stop.</summary>
    private static readonly TimeSpan s_shutdownLimit = TimeSpan.FromSeconds(10);

    /// <summary>Builds the host without starting anything.</summary>
    /// <param name="args">Settings as <c>--Section:Key=value</c>.</param>
    /// <param name="modules">All modules, in start order.</param>
    /// <exception cref="StartFailedException">Something is wrong with the settings; the message lists all of it.</exception>
    public static WebApplication Build(string[] args, IReadOnlyList<IModule> modules)
    {
        var (builder, selection, check) = Prepare(args, modules);
        var configuration = builder.Configuration;
        var mask = Require(check, configuration);
        builder.Logging.AddConfiguration(configuration.GetSection("Logging"));
        builder.Logging.AddSekiaLog(Current<LogOptions>(check), mask, builder.Environment.ContentRootPath);
        builder.AddWebAccess(Current<ServerOptions>(check));
        builder.Services.AddSingleton(mask).AddSingleton(check).AddSingleton(selection).AddSingleton(configuration);
        builder.Services.AddSingleton<SettingsReload>().AddHostedService<ReloadTriggers>();
        builder.Services.AddSingleton<Readiness>().AddSingleton<StartBanner>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = s_shutdownLimit);
        return Compose(builder.Build(), selection);
    }

    /// <summary>The settings and where they were read, for a command that needs no host.</summary>
    /// <exception cref="StartFailedException">They cannot be read.</exception>
    public static (IConfiguration Configuration, string ContentRoot) ReadSettings(string[] args)
    {
        var builder = CreateBuilder(args);
        return (builder.Configuration, builder.Environment.ContentRootPath);
    }

    /// <summary>All settings, and how they are checked, without a host.</summary>
    /// <exception cref="StartFailedException">They cannot be read at all.</exception>
    public static (SettingsCheck Check, ConfigurationManager Configuration, string ContentRoot) Inspect(string[] args, IReadOnlyList<IModule> modules)
    {
        var (builder, _, check) = Prepare(args, modules);
        return (check, builder.Configuration, builder.Environment.ContentRootPath);
    }

    /// <summary>Up to where the settings can be checked.</summary>
    private static (WebApplicationBuilder Builder, ModuleSelection Selection, SettingsCheck Check) Prepare(string[] args, IReadOnlyList<IModule> modules)
    {
        var builder = CreateBuilder(args);
        var configuration = builder.Configuration;
        var selection = ModuleSelection.Of(modules, configuration);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<LiveFeed>();
        builder.Services.AddModuleOptions<ServerOptions>(configuration.GetSection(ServerOptions.Section));
        builder.Services.AddModuleOptions<WebCredentials>(configuration.GetSection(WebCredentials.Section));
        builder.Services.BindOptions<LogOptions>(configuration.GetSection(LogOptions.Section));
        AddModules(builder.Services, selection, configuration);

        return (builder, selection, CheckOf(builder, selection));
    }

    private static T Current<T>(SettingsCheck check) => check.Bindings.Select(binding => binding.Current).OfType<T>().First();

    private static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var host = new ConfigurationBuilder().AddCommandLine(args).Build();
        var contentRoot = Path.GetFullPath(host[HostDefaults.ContentRootKey] ?? ".");
        if (!Directory.Exists(contentRoot))
        {
            throw new StartFailedException($"Sekia cannot start: there is no folder {contentRoot}. Make it, or set --contentRoot to one that exists.");
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = host[HostDefaults.ApplicationKey],
            ContentRootPath = contentRoot,
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

    private static SettingsCheck CheckOf(WebApplicationBuilder builder, ModuleSelection selection) => new(
        builder.Services.OptionsBindings(),
        knownSections: [LogLevels],
        disabledSections: [.. selection.Disabled.Select(module => module.Name)],
        rules: [configuration => ListenRules.FaultsIn(configuration, builder.Environment.ContentRootPath), selection.FaultsIn]);

    /// <summary>From here on all settings are good. What they hold in secrets is known before the first line is logged.</summary>
    private static SecretMask Require(SettingsCheck check, ConfigurationManager configuration)
    {
        var settings = check.Check(configuration);
        if (settings.Faults.Count > 0)
        {
            throw new StartFailedException(SettingsCheck.Summary("Sekia cannot start", settings.Faults));
        }

        var mask = new SecretMask();
        mask.Add(settings.Secrets);
        return mask;
    }

    private static WebApplication Compose(WebApplication app, ModuleSelection selection)
    {
        app.UseWebAccess();
        app.UseRouting();
        var routes = app.MapGroup("");
        HeadRequests.AddTo(routes);
        routes.MapHealth();
        foreach (var module in selection.Enabled)
        {
            module.MapEndpoints(routes);
        }

        return app;
    }
}
