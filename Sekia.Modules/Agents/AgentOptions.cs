using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Agents;

/// <summary>What every agent's section may hold, and each of its <c>Instances:&lt;name&gt;</c>.</summary>
public class AgentOptions : ModuleOptions
{
    /// <summary>Commands are checked and recorded with status <c>dry_run</c>, and not sent.</summary>
    [Reloadable]
    public bool DryRun { get; set; }

    /// <summary>How many commands may be with the agent at the same time. With 1 their order is kept to the end. Those that only read do not count.</summary>
    [Range(1, 256)]
    public int Concurrency { get; set; } = 1;

    /// <summary>How long one attempt of a command may take.</summary>
    [Reloadable, Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After this many attempts that failed for a passing reason, a command is a dead letter.</summary>
    [Reloadable, Range(1, 100)]
    public int MaxAttempts { get; set; } = 8;
}
