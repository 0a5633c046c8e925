using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub;

/// <summary>The section <c>GitHub</c>, and each of its <c>Instances:&lt;name&gt;</c>.</summary>
public sealed class GitHubOptions : AgentOptions
{
    /// <summary>The agent that the section itself describes.</summary>
    internal const string AgentName = "github-agent";

    /// <summary>An access token; without it commands are not sent and nothing is polled.</summary>
    [Secret, Reloadable]
    public string? Token { get; set; }

    /// <summary>Where GitHub's REST API is: for GitHub Enterprise <c>https://&lt;host&gt;/api/v3/</c>.</summary>
    public Uri BaseUrl { get; set; } = new("https://api.github.com/");

    /// <summary>What GitHub signs its webhook deliveries with. Without it deliveries are taken from this machine only.</summary>
    [Secret, Reloadable]
    public string? WebhookSecret { get; set; }

    /// <summary>The full name of the setting that holds an agent's token.</summary>
    internal static string TokenSetting(string agent) => agent == AgentName ? "GitHub:Token" : $"GitHub:Instances:{agent}:Token";
}
