using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub.Healing;

/// <summary>The section <c>GitHub:Heal</c>: what could not be delivered is asked for.</summary>
public sealed class HealOptions
{
    /// <summary>Whose webhooks are looked at, as <c>owner/repo</c>; none when empty. Needs a token with the permission "Webhooks: read and write".</summary>
    public List<string> Repos { get; set; } = [];

    /// <summary>The pause between two looks.</summary>
    [Reloadable, Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);
}
