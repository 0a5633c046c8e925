using System.ComponentModel;
using System.Net;
using System.Text.Json.Serialization;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Commands;

/// <summary>How the commits of a pull request come to its base.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MergeMethod>))]
internal enum MergeMethod
{
    [JsonStringEnumMemberName("merge")]
    Merge,

    [JsonStringEnumMemberName("squash")]
    Squash,

    [JsonStringEnumMemberName("rebase")]
    Rebase,
}

/// <summary>Merging pull requests, and starting workflows of GitHub Actions.</summary>
internal sealed class PullRequestCommands(GitHubClient github)
{
    public IEnumerable<AgentCommand> All =>
    [
        // A second merge finds a merged pull request and changes nothing.
        AgentCommand.Create(MergeAsync, "merge_pr", CommandTraits.Destructive | CommandTraits.Idempotent),
        AgentCommand.Create(DispatchAsync, "dispatch_workflow", CommandTraits.None),
    ];

    [Description("Merges a pull request; one that is merged already counts as merged.")]
    private async Task<MergeAnswer> MergeAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.PullRequest)] int number,
        [Description("merge, squash or rebase; merge unless given.")] MergeMethod? method = null,
        [Description("Title of the merge commit.")] string? commit_title = null,
        [Description("Message of the merge commit.")] string? commit_message = null,
        [Description("The commit that the pull request's branch must be at; without it whatever is there is merged.")] string? sha = null,
        CancellationToken cancellationToken = default)
    {
        var path = GitHubPath.PullRequest(owner, repo, number);
        var wanted = method switch { MergeMethod.Merge => "merge", MergeMethod.Squash => "squash", MergeMethod.Rebase => "rebase", _ => null };
        try
        {
            var merge = await github.SendAsync(
                HttpMethod.Put,
                $"{path}/merge",
                new MergeRequest(wanted, commit_title, commit_message, sha),
                GitHubJson.Default.MergeRequest,
                GitHubJson.Default.GitHubMerge,
                cancellationToken);
            return new MergeAnswer(merge.Merged, merge.Sha, Already: false);
        }
        catch (GitHubRefusedException refused) when (refused.Status == HttpStatusCode.MethodNotAllowed)
        {
            // "Not mergeable" is also what GitHub says of one that is merged.
            var pull = await github.SendAsync(HttpMethod.Get, path, GitHubJson.Default.GitHubPullRequest, cancellationToken);
            if (pull.Merged is true && (sha is null || pull.Head.Sha.Equals(sha, StringComparison.OrdinalIgnoreCase)))
            {
                return new MergeAnswer(true, pull.MergeCommitSha, Already: true);
            }

            throw;
        }
    }

    [Description("Starts a workflow of GitHub Actions that has a workflow_dispatch trigger.")]
    private async Task<DispatchAnswer> DispatchAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description("File name of the workflow such as release.yml, or its id.")] string workflow,
        [Description("Branch or tag to run it on.")] string @ref,
        [Description("Its inputs by name, as text.")] Dictionary<string, string>? inputs = null,
        CancellationToken cancellationToken = default)
    {
        await github.SendAsync(
            HttpMethod.Post,
            $"{GitHubPath.Repository(owner, repo)}/actions/workflows/{GitHubPath.Segment("workflow", workflow)}/dispatches",
            new WorkflowDispatch(@ref, inputs),
            GitHubJson.Default.WorkflowDispatch,
            cancellationToken);
        return new DispatchAnswer(workflow, @ref);
    }
}
