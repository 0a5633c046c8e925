using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Healing;
using Sekia.Modules.GitHub.Polling;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub;

/// <summary>The section <c>GitHub</c>, and each of its <c>Instances:&lt;name&gt;</c>.</summary>
public sealed class GitHubOptions : AgentOptions, IValidatableObject
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

    /// <summary>What is read in turns, for where webhooks cannot come.</summary>
    public PollOptions Poll { get; set; } = new();

    /// <summary>Whose failed webhook deliveries GitHub is asked to send again.</summary>
    public HealOptions Heal { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BaseUrl is not { IsAbsoluteUri: true, Scheme: "https" } and not { IsAbsoluteUri: true, Scheme: "http", IsLoopback: true })
        {
            yield return new ValidationResult($"must be an address that begins with https://, not '{BaseUrl}': the token is sent there.", [nameof(BaseUrl)]);
        }

        if (Poll.Enabled && Poll.Repos.Count == 0)
        {
            yield return new ValidationResult("is empty, and Poll:Enabled is true: name the repositories to poll, as owner/repo.", [$"{nameof(Poll)}:{nameof(Poll.Repos)}"]);
        }

        foreach (var (repos, setting) in new[] { (Poll.Repos, $"{nameof(Poll)}:{nameof(Poll.Repos)}"), (Heal.Repos, $"{nameof(Heal)}:{nameof(Heal.Repos)}") })
        {
            foreach (var repo in repos)
            {
                if (PolledRepo.FaultOf(repo) is { } fault)
                {
                    yield return new ValidationResult($"has the entry '{repo}', which {fault}.", [setting]);
                }
            }
        }
    }

    /// <summary>The full name of the setting that holds an agent's token.</summary>
    internal static string TokenSetting(string agent) => agent == AgentName ? "GitHub:Token" : $"GitHub:Instances:{agent}:Token";
}
