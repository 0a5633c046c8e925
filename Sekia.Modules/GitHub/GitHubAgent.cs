using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Polling;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub;

/// <summary>One GitHub account: its events come in, its commands go out.</summary>
internal sealed class GitHubAgent(string name, LiveOptions<GitHubOptions> options, IHttpClientFactory connections, TimeProvider clock, Func<GitHubClient, Poller> poller) : IAgent
{
    private readonly GitHubClient _github = new(connections, options, GitHubOptions.TokenSetting(name), clock);

    private Poller? _poller;

    public string Name => name;

    public IReadOnlyList<string> Capabilities => ["github-webhooks", "github-polling", "github-api"];

    public IReadOnlyList<AgentCommand> Commands => field ??=
    [
        .. new LabelCommands(_github).All,
        .. new CommentCommand(_github, options, clock).All,
        .. new IssueCommands(_github).All,
        .. new ApproveCommand(_github).All,
        .. new PullRequestCommands(_github).All,
        .. new ProjectCommand(_github).All,
        .. new ReadCommands(_github).All,
    ];

    public string? CannotSend => string.IsNullOrEmpty(options.Current.Token) ? $"no token is set; set {GitHubOptions.TokenSetting(name)}{Alternative}" : null;

    /// <summary>What GitHub said last about how much may still be asked.</summary>
    public GitHubRateLimit? RateLimit => _github.RateLimit;

    public Task<SourceBatch?> ReadAsync(string? cursor, CancellationToken cancellationToken) => (_poller ??= poller(_github)).ReadAsync(cursor, cancellationToken);

    private string Alternative => name == GitHubOptions.AgentName ? " or the environment variable GITHUB_TOKEN" : "";
}
