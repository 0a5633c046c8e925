using Sekia.Modules.Agents;

namespace Sekia.Modules.GitHub;

/// <summary>Whose deliveries come in, as far as events tell: the account of the section itself, or one with a name of its own.</summary>
internal sealed class GitHubAccount(AgentEntry agent, GitHubOptions options)
{
    public const string MainSource = "github";

    public AgentEntry Agent => agent;

    public bool IsMain => agent.Name == GitHubOptions.AgentName;

    /// <summary>Events of two accounts must not be taken for those of one.</summary>
    public string Source => SourceOf(agent.Name);

    /// <summary><c>null</c> when none is set.</summary>
    public string? Secret => string.IsNullOrEmpty(options.WebhookSecret) ? null : options.WebhookSecret;

    /// <summary>Where the secret is set.</summary>
    public string SecretSetting => IsMain ? "GitHub:WebhookSecret" : $"GitHub:Instances:{agent.Name}:WebhookSecret";

    /// <summary>The source of an agent's events.</summary>
    public static string SourceOf(string name) => name == GitHubOptions.AgentName ? MainSource : $"{MainSource}:{name}";

    /// <summary>The key under which a fact is recorded once.</summary>
    public string KeyOf(string fact) => IsMain ? fact : $"{agent.Name}:{fact}";
}
