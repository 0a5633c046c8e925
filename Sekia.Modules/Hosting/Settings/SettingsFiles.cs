using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Where settings come from, lowest first: built-in defaults, appsettings.json, environment, command line.</summary>
internal static class SettingsFiles
{
    public const string FileName = "appsettings.json";

    private static readonly Dictionary<string, string?> s_defaults = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:System.Net.Http"] = "Warning",
    };

    /// <exception cref="StartFailedException">The file is not JSON or cannot be read; the message names file, line and fault.</exception>
    public static void AddSekiaSettings(this IConfigurationBuilder configuration, string contentRoot, string[] args)
    {
        try
        {
            Add(configuration, file => file.AddSettingsFile(contentRoot), args);
        }
        catch (Exception fault) when (Explain(fault) is { } explanation)
        {
            throw new StartFailedException("Sekia cannot start. " + explanation);
        }
    }

    /// <summary>As <see cref="AddSekiaSettings"/>, for who can do without the file: when it cannot be read, the settings are those made elsewhere.</summary>
    /// <returns>What is wrong with the file, and where; <c>null</c> when nothing is.</returns>
    public static string? AddReadableSettings(this IConfigurationBuilder configuration, string contentRoot, string[] args)
    {
        IConfiguration file = new ConfigurationBuilder().Build();
        string? fault = null;
        try
        {
            file = new ConfigurationBuilder().AddSettingsFile(contentRoot).Build();
        }
        catch (Exception unreadable) when (Explain(unreadable) is { } explanation)
        {
            fault = explanation;
        }

        Add(configuration, settings => settings.AddConfiguration(file), args);
        return fault;
    }

    /// <summary>Says in one sentence what is wrong with a settings file, and where; <c>null</c> for a failure of another kind.</summary>
    public static string? Explain(Exception fault) => fault switch
    {
        InvalidDataException => ExplainContent(fault.GetBaseException()),
        IOException or UnauthorizedAccessException => $"{FileName} cannot be read: {fault.Message} Let the user that Sekia runs as read it.",
        _ => null,
    };

    private static void Add(IConfigurationBuilder configuration, Func<IConfigurationBuilder, IConfigurationBuilder> addFile, string[] args)
    {
        var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        addFile(configuration.AddInMemoryCollection(s_defaults))
            .Add(new EnvironmentNamesSource(environment))
            .AddEnvironmentVariables()
            .AddCommandLine(args);
    }

    private static IConfigurationBuilder AddSettingsFile(this IConfigurationBuilder configuration, string contentRoot) =>
        configuration.AddJsonFile(Path.Combine(contentRoot, FileName), optional: true, reloadOnChange: false);

    private static string ExplainContent(Exception fault) => fault switch
    {
        JsonException { LineNumber: { } line } syntax =>
            $"{FileName}, line {line + 1}: it is not valid JSON: {syntax.Message.Split(" LineNumber:", 2)[0]} Correct that line.",
        var other => $"{FileName}: {other.Message}",
    };
}
