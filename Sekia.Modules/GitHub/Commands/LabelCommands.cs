using System.ComponentModel;
using System.Net;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Commands;

/// <summary>Labels and assignees of issues and pull requests.</summary>
internal sealed class LabelCommands(GitHubClient github)
{
    public IEnumerable<AgentCommand> All =>
    [
        AgentCommand.Create(AddLabelAsync, "add_label", CommandTraits.Idempotent),
        AgentCommand.Create(RemoveLabelAsync, "remove_label", CommandTraits.Idempotent),
        AgentCommand.Create(AssignAsync, "assign", CommandTraits.Idempotent),
    ];

    [Description("Adds a label to an issue or pull request. GitHub creates the label if the repository has none of this name.")]
    private async Task<LabelsAnswer> AddLabelAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        [Description("The label's name.")] string label,
        CancellationToken cancellationToken)
    {
        var labels = await github.SendAsync(
            HttpMethod.Post,
            $"{GitHubPath.Issue(owner, repo, number)}/labels",
            new LabelNames([label]),
            GitHubJson.Default.LabelNames,
            GitHubJson.Default.GitHubLabelArray,
            cancellationToken);
        return Answer(labels);
    }

    [Description("Removes a label from an issue or pull request; one that is not there counts as removed.")]
    private async Task<LabelsAnswer> RemoveLabelAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        [Description("The label's name.")] string label,
        CancellationToken cancellationToken)
    {
        var labels = $"{GitHubPath.Issue(owner, repo, number)}/labels";
        try
        {
            return Answer(await github.SendAsync(
                HttpMethod.Delete, $"{labels}/{GitHubPath.Segment("label", label)}", GitHubJson.Default.GitHubLabelArray, cancellationToken));
        }
        catch (GitHubRefusedException gone) when (gone.Status == HttpStatusCode.NotFound && gone.Said.StartsWith("Label does not exist", StringComparison.OrdinalIgnoreCase))
        {
            // The issue itself is there, or GitHub would have said "Not Found".
            return Answer(await github.SendAsync(HttpMethod.Get, $"{labels}?per_page=100", GitHubJson.Default.GitHubLabelArray, cancellationToken));
        }
    }

    [Description("Assigns users to an issue or pull request, beside those already assigned.")]
    private async Task<AssignAnswer> AssignAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        [Description("Logins of the users, at most ten.")] string[] assignees,
        CancellationToken cancellationToken)
    {
        var issue = await github.SendAsync(
            HttpMethod.Post,
            $"{GitHubPath.Issue(owner, repo, number)}/assignees",
            new AssigneeNames(assignees),
            GitHubJson.Default.AssigneeNames,
            GitHubJson.Default.GitHubIssue,
            cancellationToken);
        var assigned = (issue.Assignees ?? []).Select(user => user.Login).ToArray();

        // GitHub leaves out whom it cannot assign, without a word.
        var missing = assignees.Except(assigned, StringComparer.OrdinalIgnoreCase).ToArray();
        return missing.Length == 0
            ? new AssignAnswer(issue.Number, assigned, issue.HtmlUrl)
            : throw new CommandFailedException(
                $"GitHub did not assign {string.Join(", ", missing.Select(GitHubWords.OneLine))}; whoever is assigned needs access to the repository. Assigned are: {(assigned.Length == 0 ? "none" : string.Join(", ", assigned))}.");
    }

    private static LabelsAnswer Answer(GitHubLabel[] labels) => new([.. labels.Select(label => label.Name)]);
}
