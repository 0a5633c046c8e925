using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;
using Sekia.Modules.GitHub.Commands;
using Sekia.Modules.GitHub.Polling;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub;

/// <summary>One GitHub account: its events come in, its commands go out.</summary>
internal sealed class GitHubAgent(string name, LiveOptions<GitHubOptions> options, GitHubClient github, TimeProvider clock, Func<Poller> poller) : IAgent
{
    private readonly UnclearSend _unclear = new(options, clock);

    private Poller? _poller;

    public string Name => name;

    public IReadOnlyList<string> Capabilities => ["github-webhooks", "github-polling", "github-api"];

    public IReadOnlyList<AgentCommand> Commands => field ??=
    [
        .. new LabelCommands(github).All,
        .. new CommentCommand(github, _unclear).All,
        .. new IssueCommands(github).All,
        .. new ApproveCommand(github, _unclear).All,
        .. new PullRequestCommands(github).All,
        .. new ProjectCommand(github).All,
        .. new ReadCommands(github).All,
    ];

    public string? CannotSend => string.IsNullOrEmpty(options.Current.Token) ? $"no token is set; set {GitHubOptions.TokenSetting(name)}{Alternative}" : null;

    public RateLimit? RateLimit => github.RateLimit is { } limit ? new RateLimit(limit.Limit, limit.Remaining, limit.Reset) : null;

    public Task<SourceBatch?> ReadAsync(string? cursor, CancellationToken cancellationToken) => (_poller ??= poller()).ReadAsync(cursor, cancellationToken);

    private string Alternative => name == GitHubOptions.AgentName ? " or the environment variable GITHUB_TOKEN" : "";
}
