using Sekia.Modules.Agents;

namespace Sekia.Modules.GitHub;

/// <summary>Whose deliveries come in, as far as events tell: the account of the section itself, or one with a name of its own.</summary>
internal sealed class GitHubAccount(AgentEntry agent, GitHubOptions options)
{
    /// <summary>The agent that the section itself describes.</summary>
    public const string MainAgent = GitHubOptions.AgentName;

    public const string MainSource = "github";

    public AgentEntry Agent => agent;

    public bool IsMain => agent.Name == MainAgent;

    /// <summary>Events of two accounts must not be taken for those of one.</summary>
    public string Source => IsMain ? MainSource : $"{MainSource}:{agent.Name}";

    /// <summary><c>null</c> when none is set.</summary>
    public string? Secret => string.IsNullOrEmpty(options.WebhookSecret) ? null : options.WebhookSecret;

    /// <summary>Where the secret is set.</summary>
    public string SecretSetting => IsMain ? "GitHub:WebhookSecret" : $"GitHub:Instances:{agent.Name}:WebhookSecret";

    /// <summary>The key under which a delivery is recorded once.</summary>
    public string KeyOf(string delivery) => IsMain ? delivery : $"{agent.Name}:{delivery}";
}
