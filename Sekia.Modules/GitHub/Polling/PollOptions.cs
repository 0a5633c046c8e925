using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>The section <c>GitHub:Poll</c>: for where GitHub's webhooks cannot reach.</summary>
public sealed class PollOptions
{
    /// <summary>Whether repositories are polled. Needs a token.</summary>
    public bool Enabled { get; set; }

    /// <summary>The pause between two ticks.</summary>
    [Reloadable, Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Which repositories, as <c>owner/repo</c>.</summary>
    [Reloadable]
    public List<string> Repos { get; set; } = [];

    /// <summary>About how many events one tick brings; what is more waits for the next.</summary>
    [Reloadable, Range(1, 1000)]
    public int PerTick { get; set; } = 100;

    /// <summary>Only issues with one of these labels, which are told of once each as <c>github.issue.matched</c>, and nothing else.</summary>
    [Reloadable]
    public List<string> Labels { get; set; } = [];

    /// <summary>Which issues or pull requests can match: <c>open</c>, <c>closed</c> or <c>all</c>.</summary>
    [Reloadable, RegularExpression("open|closed|all")]
    public string State { get; set; } = "open";

    /// <summary>Only pull requests, with all of the labels, which are told of once each as <c>github.pr.matched</c>.</summary>
    [Reloadable]
    public bool MatchPrs { get; set; }
}
