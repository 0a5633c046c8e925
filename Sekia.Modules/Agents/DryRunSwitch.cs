using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Agents;

/// <summary>
/// Sets dry run for an agent by hand, instead of what its settings say, and remembers it over restarts. <c>Agents:DryRun</c>, and what an
/// agent cannot send for want of credentials, count before it.
/// </summary>
internal sealed partial class DryRunSwitch(AgentRegistry registry, EventJournal journal, ILogger<DryRunSwitch> logger) : IHostedService
{
    /// <summary>Before anything is sent.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var entry in registry.Agents)
        {
            entry.SwitchDryRun(journal.Reader.Switch(SetSwitch.OfAgent(entry.Name)) is { } on ? on != 0 : null);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sets it, or with <c>null</c> leaves it to the settings again. When it is on, nothing is sent any more once this has returned.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be written down, and nothing has changed.</exception>
    public async Task SetAsync(AgentEntry entry, bool? on, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await journal.CommitAsync(new SetSwitch(SetSwitch.OfAgent(entry.Name), on switch { true => 1, false => 0, null => null }), CancellationToken.None);
        entry.SwitchDryRun(on);
        LogSwitched(entry.Name, on switch { true => "on", false => "off", null => "as the settings say" });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Dry run of {Agent} is switched {To}")]
    private partial void LogSwitched(string agent, string to);
}
