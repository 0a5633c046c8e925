using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Commands;

/// <summary>What can be looked up. Lists hold the beginning of each body only.</summary>
internal sealed class ReadCommands(GitHubClient github)
{
    public IEnumerable<AgentCommand> All =>
    [
        AgentCommand.Create(GetIssueAsync, "get_issue", CommandTraits.ReadOnly),
        AgentCommand.Create(GetPullRequestAsync, "get_pr", CommandTraits.ReadOnly),
        AgentCommand.Create(ListOpenAsync, "list_open_prs", CommandTraits.ReadOnly),
        AgentCommand.Create(SearchAsync, "search_issues", CommandTraits.ReadOnly),
    ];

    [Description("Gives an issue, or a pull request as an issue.")]
    private async Task<IssueView> GetIssueAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        CancellationToken cancellationToken) =>
        IssueView.Of(await github.SendAsync(HttpMethod.Get, GitHubPath.Issue(owner, repo, number), GitHubJson.Default.GitHubIssue, cancellationToken), Shown.Whole);

    [Description("Gives a pull request.")]
    private async Task<PullRequestView> GetPullRequestAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.PullRequest)] int number,
        CancellationToken cancellationToken) =>
        PullRequestView.Of(await github.SendAsync(HttpMethod.Get, GitHubPath.PullRequest(owner, repo, number), GitHubJson.Default.GitHubPullRequest, cancellationToken), Shown.Whole);

    [Description("Lists the open pull requests of a repository, the newest first.")]
    private async Task<PullRequestList> ListOpenAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description("Only those into this branch.")] string? @base = null,
        [Description(ArgumentTexts.Limit)][Range(1, 100)] int limit = 30,
        CancellationToken cancellationToken = default)
    {
        var filter = string.IsNullOrEmpty(@base) ? "" : $"&base={Uri.EscapeDataString(@base)}";
        var path = string.Create(CultureInfo.InvariantCulture, $"{GitHubPath.Repository(owner, repo)}/pulls?state=open{filter}&per_page={limit}");
        var pulls = await github.SendAsync(HttpMethod.Get, path, GitHubJson.Default.GitHubPullRequestArray, cancellationToken);
        return new PullRequestList([.. pulls.Select(pull => PullRequestView.Of(pull, Shown.InList))], More: pulls.Length == limit);
    }

    [Description("Searches issues and pull requests with GitHub's search language, best match first.")]
    private async Task<SearchAnswer> SearchAsync(
        [Description("For example: repo:acme/shop is:issue is:open label:bug crash")] string query,
        [Description(ArgumentTexts.Limit)][Range(1, 100)] int limit = 30,
        CancellationToken cancellationToken = default)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"search/issues?q={Uri.EscapeDataString(query)}&per_page={limit}");
        var found = await github.SendAsync(HttpMethod.Get, path, GitHubJson.Default.GitHubSearch, cancellationToken);
        return new SearchAnswer(found.TotalCount, found.IncompleteResults, [.. found.Items.Select(issue => IssueView.Of(issue, Shown.InList))]);
    }
}
