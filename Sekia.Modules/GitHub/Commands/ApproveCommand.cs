using System.ComponentModel;
using System.Net;
using System.Text.Json.Nodes;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Commands;

/// <summary>Approves a pull request as it stands now, once.</summary>
/// <remarks>
/// An approval counts for the commit it was given for. It is given again when commits have come since, when it was dismissed, or when
/// this account has asked for changes later; a mere comment of this account changes nothing.
/// </remarks>
internal sealed class ApproveCommand(GitHubClient github, UnclearSend unclear)
{
    /// <summary>Of a hundred reviews each.</summary>
    private const int MaxPages = 50;

    private const string Viewer = "query { viewer { login } }";

    public IEnumerable<AgentCommand> All => [AgentCommand.Create(ApproveAsync, "approve_pr", CommandTraits.Idempotent)];

    [Description("Approves a pull request at its newest commit, unless this account's approval of it stands already.")]
    private async Task<ApproveAnswer> ApproveAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.PullRequest)] int number,
        CommandContext context,
        [Description("A text for the review, in Markdown.")] string? body = null,
        CancellationToken cancellationToken = default)
    {
        var path = GitHubPath.PullRequest(owner, repo, number);
        var head = (await github.SendAsync(HttpMethod.Get, path, GitHubJson.Default.GitHubPullRequest, cancellationToken)).Head.Sha;
        if (await OwnDecisionAsync($"{path}/reviews", await IdentityAsync(cancellationToken), cancellationToken) is { State: "APPROVED" } standing && standing.CommitId == head)
        {
            return new ApproveAnswer(standing.Id, head, Already: true, standing.HtmlUrl);
        }

        // GitHub takes a second approval as readily as the first.
        unclear.Settle("The approval", context);

        // For this commit: what is pushed in between is not approved with it.
        var review = await github.SendAsync(
            HttpMethod.Post,
            $"{path}/reviews",
            new NewReview(head, "APPROVE", string.IsNullOrEmpty(body) ? null : body),
            GitHubJson.Default.NewReview,
            GitHubJson.Default.GitHubReview,
            cancellationToken);
        return new ApproveAnswer(review.Id, head, Already: false, review.HtmlUrl);
    }

    /// <summary>The last of our reviews that says yes or no. GitHub lists reviews in the order they were made.</summary>
    private async Task<GitHubReview?> OwnDecisionAsync(string reviews, Identity self, CancellationToken cancellationToken)
    {
        GitHubReview? last = null;
        await foreach (var page in github.PagesAsync($"{reviews}?per_page=100", MaxPages, GitHubJson.Default.GitHubReviewArray, cancellationToken))
        {
            last = Array.FindLast(page, review => review.State is "APPROVED" or "CHANGES_REQUESTED" or "DISMISSED" && self.Is(review.User)) ?? last;
        }

        return last;
    }

    /// <summary>Whose token it is. GitHub does not answer that to the token of an app at the usual place, but does in GraphQL.</summary>
    private async Task<Identity> IdentityAsync(CancellationToken cancellationToken)
    {
        try
        {
            var user = await github.SendAsync(HttpMethod.Get, "user", GitHubJson.Default.GitHubUser, cancellationToken);
            return new Identity(user.Login, IsApp: false);
        }
        catch (GitHubRefusedException refused) when (refused.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            var data = await GraphQL.RunAsync(github, Viewer, new JsonObject(), "to tell whose token this is, so that nothing is approved twice", cancellationToken);
            return new Identity(GraphQL.TextAt(data, "viewer", "login"), IsApp: true);
        }
    }

    private sealed record Identity(string Login, bool IsApp)
    {
        /// <summary>An app's login ends in <c>[bot]</c>, in some answers.</summary>
        public bool Is(GitHubUser? user) => user is not null && (IsApp
            ? user.Type == "Bot" && Plain(user.Login).Equals(Plain(Login), StringComparison.OrdinalIgnoreCase)
            : user.Login.Equals(Login, StringComparison.OrdinalIgnoreCase));

        private static string Plain(string login) => login.EndsWith("[bot]", StringComparison.Ordinal) ? login[..^5] : login;
    }
}
