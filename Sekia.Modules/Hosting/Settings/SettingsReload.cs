using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting.Logs;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Reads the settings again: all of them are taken, or none.</summary>
internal sealed partial class SettingsReload(
    ConfigurationManager configuration, SettingsCheck check, SecretMask mask, ILogger<SettingsReload> logger)
{
    private readonly Lock _onlyOneAtATime = new();

    /// <summary>Checks the sources as they are now. Faulty settings are logged, and the last good ones stay.</summary>
    /// <returns>Whether the settings were taken, and in sentences what came of it.</returns>
    public (bool IsTaken, string Text) Reload()
    {
        lock (_onlyOneAtATime)
        {
            try
            {
                return Take(check.Check(ReadSourcesAgain()));
            }
            catch (Exception fault) when (SettingsFiles.Explain(fault) is { } explanation)
            {
                return Refused(explanation + " The last good settings stay.");
            }
        }
    }

    private (bool IsTaken, string Text) Take(CheckedSettings settings)
    {
        // A secret may stand in a fault's neighbourhood: mask it before anything is said.
        mask.Add(settings.Secrets);
        if (settings.Faults.Count > 0)
        {
            return Refused(SettingsCheck.Summary("The changed settings are not taken, the last good ones stay", settings.Faults));
        }

        var changes = settings.Read.SelectMany(read => read.Binding.Take(read.Options))
            .Concat(settings.OtherAgents.Select(key => new SettingChange(key, Taken: false)))
            .Distinct()
            .ToList();

        // Log levels and the like hang on the configuration itself.
        ((IConfigurationRoot)configuration).Reload();
        foreach (var (key, taken) in changes)
        {
            if (taken)
            {
                LogTaken(key);
            }
            else
            {
                LogNeedsRestart(key);
            }
        }

        LogReloaded(changes.Count);
        return (true, Told(changes));
    }

    private (bool IsTaken, string Text) Refused(string faults)
    {
        LogRefused(faults);
        return (false, faults);
    }

    private static string Told(List<SettingChange> changes)
    {
        string Keys(bool taken) => string.Join(", ", changes.Where(change => change.Taken == taken).Select(change => change.Key));
        return changes.Count == 0 ? "The settings were read again: nothing has changed."
            : "The settings were read again."
                + (Keys(taken: true) is { Length: > 0 } taken ? $" Changed and in effect: {taken}." : "")
                + (Keys(taken: false) is { Length: > 0 } waiting ? $" Changed, and in effect after a restart: {waiting}." : "");
    }

    /// <summary>The live configuration is touched only when the settings turn out to be good.</summary>
    private IConfigurationRoot ReadSourcesAgain()
    {
        var again = new ConfigurationBuilder();
        foreach (var source in ((IConfigurationBuilder)configuration).Sources)
        {
            again.Add(source);
        }

        return again.Build();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Setting {Key} changed and is in effect")]
    private partial void LogTaken(string key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Setting {Key} changed and takes effect after a restart")]
    private partial void LogNeedsRestart(string key);

    [LoggerMessage(Level = LogLevel.Information, Message = "Settings read again: {Count} changed")]
    private partial void LogReloaded(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Faults}")]
    private partial void LogRefused(string faults);
}
