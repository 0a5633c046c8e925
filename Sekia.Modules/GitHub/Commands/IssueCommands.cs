using System.ComponentModel;
using System.Text.Json.Serialization;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Commands;

/// <summary>Whether an issue is open.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IssueState>))]
internal enum IssueState
{
    [JsonStringEnumMemberName("open")]
    Open,

    [JsonStringEnumMemberName("closed")]
    Closed,
}

/// <summary>Making and changing issues. What works on an issue works on a pull request: to GitHub that is an issue with branches.</summary>
internal sealed class IssueCommands(GitHubClient github)
{
    public IEnumerable<AgentCommand> All =>
    [
        AgentCommand.Create(CloseAsync, "close_issue", CommandTraits.Idempotent),
        AgentCommand.Create(ReopenAsync, "reopen_issue", CommandTraits.Idempotent),

        // An issue has nothing by which a second one could be told from the first: after an uncertain end a person looks.
        AgentCommand.Create(CreateAsync, "create_issue", CommandTraits.None),
        AgentCommand.Create(UpdateAsync, "update_issue", CommandTraits.Idempotent),
    ];

    [Description("Closes an issue or pull request.")]
    private Task<IssueAnswer> CloseAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        CancellationToken cancellationToken) => ChangeAsync(owner, repo, number, new IssueFields { State = "closed" }, cancellationToken);

    [Description("Opens a closed issue or pull request again.")]
    private Task<IssueAnswer> ReopenAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        CancellationToken cancellationToken) => ChangeAsync(owner, repo, number, new IssueFields { State = "open" }, cancellationToken);

    [Description("Opens an issue.")]
    private async Task<IssueAnswer> CreateAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description("Its title.")] string title,
        [Description("Its text, in Markdown.")] string? body = null,
        [Description("Names of its labels.")] string[]? labels = null,
        [Description("Logins of the users to assign.")] string[]? assignees = null,
        CancellationToken cancellationToken = default) => IssueAnswer.Of(await github.SendAsync(
            HttpMethod.Post,
            $"{GitHubPath.Repository(owner, repo)}/issues",
            new IssueFields { Title = title, Body = body, Labels = labels, Assignees = assignees },
            GitHubJson.Default.IssueFields,
            GitHubJson.Default.GitHubIssue,
            cancellationToken));

    [Description("Changes an issue or pull request: what is given is set, the rest stays. Labels and assignees replace those that are there.")]
    private Task<IssueAnswer> UpdateAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        [Description("The new title.")] string? title = null,
        [Description("The new text, in Markdown.")] string? body = null,
        [Description("open or closed.")] IssueState? state = null,
        [Description("Names of all its labels; none with an empty list.")] string[]? labels = null,
        [Description("Logins of all its assignees; none with an empty list.")] string[]? assignees = null,
        [Description("Number of the milestone.")] int? milestone = null,
        CancellationToken cancellationToken = default)
    {
        var fields = new IssueFields
        {
            Title = title,
            Body = body,
            State = state switch { IssueState.Open => "open", IssueState.Closed => "closed", _ => null },
            Labels = labels,
            Assignees = assignees,
            Milestone = milestone,
        };
        return fields == new IssueFields()
            ? throw new CommandFailedException("Nothing is to be changed: give title, body, state, labels, assignees or milestone.")
            : ChangeAsync(owner, repo, number, fields, cancellationToken);
    }

    private async Task<IssueAnswer> ChangeAsync(string owner, string repo, int number, IssueFields fields, CancellationToken cancellationToken) =>
        IssueAnswer.Of(await github.SendAsync(
            HttpMethod.Patch, GitHubPath.Issue(owner, repo, number), fields, GitHubJson.Default.IssueFields, GitHubJson.Default.GitHubIssue, cancellationToken));
}
