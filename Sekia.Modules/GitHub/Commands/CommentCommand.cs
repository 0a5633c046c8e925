using System.ComponentModel;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Commands;

/// <summary>
/// Comments, each once. GitHub does not recognise a comment that is sent twice, so each carries the id of its command where readers do
/// not see it; and before one is sent that may have been sent before, it is looked for.
/// </summary>
internal sealed class CommentCommand(GitHubClient github, UnclearSend unclear)
{
    /// <summary>By how much our clock may be ahead of GitHub's: comments from before the command need not be looked at.</summary>
    private static readonly TimeSpan s_clockError = TimeSpan.FromDays(1);

    /// <summary>Of a hundred comments each.</summary>
    private const int MaxPages = 50;

    public IEnumerable<AgentCommand> All => [AgentCommand.Create(CreateAsync, "create_comment", CommandTraits.Idempotent)];

    /// <summary>The line that tells the comment of a command. Renders as nothing.</summary>
    public static string MarkerOf(string commandId) => $"<!-- sekia:{commandId} -->";

    [Description("Comments on an issue or pull request, once, however often it has to be tried.")]
    private async Task<CommentAnswer> CreateAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        [Description("The comment, in Markdown.")] string body,
        CommandContext context,
        CancellationToken cancellationToken)
    {
        var comments = $"{GitHubPath.Issue(owner, repo, number)}/comments";
        if (context.BegunBefore is not null)
        {
            if (await FindAsync(comments, context, cancellationToken) is { } found)
            {
                return Answer(found);
            }

            unclear.Settle("The comment", context);
        }

        var comment = await github.SendAsync(
            HttpMethod.Post,
            comments,
            new NewComment($"{body}\n\n{MarkerOf(context.Id)}"),
            GitHubJson.Default.NewComment,
            GitHubJson.Default.GitHubComment,
            cancellationToken);
        return Answer(comment);
    }

    private async Task<GitHubComment?> FindAsync(string comments, CommandContext context, CancellationToken cancellationToken)
    {
        var marker = MarkerOf(context.Id);
        var since = GitHubTime.Of(context.AcceptedAt - s_clockError);
        var pages = github.PagesAsync($"{comments}?since={since}&per_page=100", MaxPages, GitHubJson.Default.GitHubCommentArray, cancellationToken);
        await foreach (var page in pages.WithCancellation(cancellationToken))
        {
            if (Array.Find(page, comment => comment.Body?.Contains(marker, StringComparison.Ordinal) ?? false) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static CommentAnswer Answer(GitHubComment comment) => new(comment.Id, comment.HtmlUrl);
}
