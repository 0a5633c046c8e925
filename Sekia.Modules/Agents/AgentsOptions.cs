using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Agents;

/// <summary>Section <c>Agents</c>: what holds for all agents.</summary>
public sealed class AgentsOptions : ModuleOptions, IValidatableObject
{
    /// <summary>No agent sends anything; commands are recorded with status <c>dry_run</c>.</summary>
    [Reloadable]
    public bool DryRun { get; set; }

    /// <summary>How often an agent whose loop turns says so.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>An agent without a heartbeat for longer than this is <c>stale</c>; at least two of its intervals, so that one heartbeat may be late.</summary>
    [Reloadable, Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>The pause after a first failure; it doubles with each further one.</summary>
    [Reloadable, Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>No pause of our own is longer than this. A service that asks for a longer one gets it.</summary>
    [Reloadable, Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(2);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StaleAfter < 2 * HeartbeatInterval)
        {
            yield return new ValidationResult(
                $"is {StaleAfter:c}, which must be at least twice Agents:HeartbeatInterval ({HeartbeatInterval:c}), or every agent is stale most of the time. "
                    + $"Set it to \"{2 * HeartbeatInterval:c}\" or more, or shorten the interval.",
                [nameof(StaleAfter)]);
        }
    }

    /// <summary>The pause after the n-th failure in a row, from 1.</summary>
    internal TimeSpan PauseAfter(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Clamp(failures - 1, 0, 30));
        return pause < LongestPause ? pause : LongestPause;
    }
}
