using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Sekia.Modules.GitHub.Client;

/// <summary>How GitHub's JSON and ours become each other: names in snake_case, nothing written that was not given.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GitHubErrorBody))]
[JsonSerializable(typeof(GitHubIssue))]
[JsonSerializable(typeof(GitHubIssue[]))]
[JsonSerializable(typeof(GitHubComment))]
[JsonSerializable(typeof(GitHubComment[]))]
[JsonSerializable(typeof(GitHubLabel[]))]
[JsonSerializable(typeof(GitHubPullRequest))]
[JsonSerializable(typeof(GitHubPullRequest[]))]
[JsonSerializable(typeof(GitHubReview))]
[JsonSerializable(typeof(GitHubReview[]))]
[JsonSerializable(typeof(GitHubMerge))]
[JsonSerializable(typeof(GitHubSearch))]
[JsonSerializable(typeof(GitHubUser))]
[JsonSerializable(typeof(NewComment))]
[JsonSerializable(typeof(NewReview))]
[JsonSerializable(typeof(IssueFields))]
[JsonSerializable(typeof(LabelNames))]
[JsonSerializable(typeof(AssigneeNames))]
[JsonSerializable(typeof(MergeRequest))]
[JsonSerializable(typeof(WorkflowDispatch))]
[JsonSerializable(typeof(GraphQLRequest))]
[JsonSerializable(typeof(GraphQLAnswer))]
internal sealed partial class GitHubJson : JsonSerializerContext;

// What GitHub sends. Only the fields that are used.

internal sealed record GitHubErrorBody(string? Message, JsonElement? Errors);

internal sealed record GitHubUser(string Login, string? Type);

internal sealed record GitHubLabel(string Name);

/// <param name="Labels">Objects with a name, or names alone: the description allows both.</param>
/// <param name="PullRequest">There when it is a pull request.</param>
internal sealed record GitHubIssue(
    int Number,
    string Title,
    string? Body,
    string State,
    GitHubUser? User,
    JsonElement[]? Labels,
    GitHubUser[]? Assignees,
    string HtmlUrl,
    int Comments,
    string? CreatedAt,
    string? UpdatedAt,
    JsonElement? PullRequest,
    string? RepositoryUrl);

internal sealed record GitHubComment(long Id, string? Body, string HtmlUrl);

/// <param name="Merged">Only where one is asked for by its number.</param>
/// <param name="Mergeable"><c>null</c> while GitHub works it out.</param>
internal sealed record GitHubPullRequest(
    int Number,
    string Title,
    string? Body,
    string State,
    bool? Draft,
    bool? Merged,
    bool? Mergeable,
    string? MergeCommitSha,
    GitHubUser? User,
    GitHubLabel[]? Labels,
    GitHubBranch Head,
    GitHubBranch Base,
    string HtmlUrl,
    string? CreatedAt,
    string? UpdatedAt);

internal sealed record GitHubBranch(string Ref, string Sha);

internal sealed record GitHubReview(long Id, GitHubUser? User, string State, string? CommitId, string? HtmlUrl);

internal sealed record GitHubMerge(string? Sha, bool Merged, string? Message);

internal sealed record GitHubSearch(int TotalCount, bool IncompleteResults, GitHubIssue[] Items);

internal sealed record GraphQLAnswer(JsonElement? Data, GraphQLError[]? Errors);

internal sealed record GraphQLError(string? Message, string? Type);

// What we send.

internal sealed record NewComment(string Body);

internal sealed record NewReview(string CommitId, string Event, string? Body);

/// <summary>A new issue, or what is to be changed in one.</summary>
internal sealed record IssueFields
{
    public string? Title { get; init; }

    public string? Body { get; init; }

    public string? State { get; init; }

    public string[]? Labels { get; init; }

    public string[]? Assignees { get; init; }

    public int? Milestone { get; init; }
}

internal sealed record LabelNames(string[] Labels);

internal sealed record AssigneeNames(string[] Assignees);

internal sealed record MergeRequest(string? MergeMethod, string? CommitTitle, string? CommitMessage, string? Sha);

internal sealed record WorkflowDispatch(string Ref, Dictionary<string, string>? Inputs);

internal sealed record GraphQLRequest(string Query, JsonObject Variables);
