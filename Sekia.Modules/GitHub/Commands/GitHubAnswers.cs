using System.Text.Json;
using System.Text.Json.Serialization;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Commands;

// What the commands answer: what a workflow goes on with, and no more. Names as in the events' payloads.

internal sealed record LabelsAnswer([property: JsonPropertyName("labels")] string[] Labels);

internal sealed record CommentAnswer(
    [property: JsonPropertyName("comment_id")] long CommentId,
    [property: JsonPropertyName("url")] string Url);

internal sealed record IssueAnswer(
    [property: JsonPropertyName("number")] int Number,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("url")] string Url)
{
    public static IssueAnswer Of(GitHubIssue issue) => new(issue.Number, issue.Title, issue.State, issue.HtmlUrl);
}

internal sealed record AssignAnswer(
    [property: JsonPropertyName("number")] int Number,
    [property: JsonPropertyName("assignees")] string[] Assignees,
    [property: JsonPropertyName("url")] string Url);

/// <param name="Already">It was approved before, and nothing was sent.</param>
internal sealed record ApproveAnswer(
    [property: JsonPropertyName("review_id")] long ReviewId,
    [property: JsonPropertyName("commit")] string Commit,
    [property: JsonPropertyName("already")] bool Already,
    [property: JsonPropertyName("url")] string? Url);

/// <param name="Already">It was merged before.</param>
internal sealed record MergeAnswer(
    [property: JsonPropertyName("merged")] bool Merged,
    [property: JsonPropertyName("merge_commit")] string? MergeCommit,
    [property: JsonPropertyName("already")] bool Already);

internal sealed record ProjectAnswer(
    [property: JsonPropertyName("item_id")] string ItemId,
    [property: JsonPropertyName("fields_set")] int FieldsSet);

internal sealed record DispatchAnswer(
    [property: JsonPropertyName("workflow")] string Workflow,
    [property: JsonPropertyName("ref")] string Ref);

/// <param name="Body">In lists only its beginning.</param>
internal sealed record IssueView(
    [property: JsonPropertyName("owner")] string? Owner,
    [property: JsonPropertyName("repo")] string? Repo,
    [property: JsonPropertyName("number")] int Number,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("body")] string Body,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("author")] string Author,
    [property: JsonPropertyName("labels")] string[] Labels,
    [property: JsonPropertyName("assignees")] string[] Assignees,
    [property: JsonPropertyName("comments")] int Comments,
    [property: JsonPropertyName("is_pr")] bool IsPullRequest,
    [property: JsonPropertyName("url")] string Url,
    [property: JsonPropertyName("created_at")] string? CreatedAt,
    [property: JsonPropertyName("updated_at")] string? UpdatedAt)
{
    /// <param name="mostBody">How many characters of the body are kept.</param>
    public static IssueView Of(GitHubIssue issue, int mostBody)
    {
        // https://api.github.com/repos/<owner>/<repo>
        var repository = issue.RepositoryUrl?.Split('/') ?? [];
        return new IssueView(
            repository.Length > 2 ? repository[^2] : null,
            repository.Length > 2 ? repository[^1] : null,
            issue.Number,
            issue.Title,
            Shown.Beginning(issue.Body, mostBody),
            issue.State,
            Shown.Author(issue.User),
            [.. (issue.Labels ?? []).Select(NameOf)],
            [.. (issue.Assignees ?? []).Select(user => user.Login)],
            issue.Comments,
            issue.PullRequest is { ValueKind: JsonValueKind.Object },
            issue.HtmlUrl,
            issue.CreatedAt,
            issue.UpdatedAt);
    }

    private static string NameOf(JsonElement label) => label.ValueKind switch
    {
        JsonValueKind.String => label.GetString() ?? "",
        JsonValueKind.Object when label.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String => name.GetString() ?? "",
        _ => "",
    };
}

/// <param name="Body">In lists only its beginning.</param>
internal sealed record PullRequestView(
    [property: JsonPropertyName("number")] int Number,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("body")] string Body,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("draft")] bool Draft,
    [property: JsonPropertyName("merged"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Merged,
    [property: JsonPropertyName("mergeable"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Mergeable,
    [property: JsonPropertyName("author")] string Author,
    [property: JsonPropertyName("labels")] string[] Labels,
    [property: JsonPropertyName("head_branch")] string HeadBranch,
    [property: JsonPropertyName("head_commit")] string HeadCommit,
    [property: JsonPropertyName("base_branch")] string BaseBranch,
    [property: JsonPropertyName("url")] string Url,
    [property: JsonPropertyName("created_at")] string? CreatedAt,
    [property: JsonPropertyName("updated_at")] string? UpdatedAt)
{
    /// <param name="mostBody">How many characters of the body are kept.</param>
    public static PullRequestView Of(GitHubPullRequest pull, int mostBody) => new(
        pull.Number,
        pull.Title,
        Shown.Beginning(pull.Body, mostBody),
        pull.State,
        pull.Draft ?? false,
        pull.Merged,
        pull.Mergeable,
        Shown.Author(pull.User),
        [.. (pull.Labels ?? []).Select(label => label.Name)],
        pull.Head.Ref,
        pull.Head.Sha,
        pull.Base.Ref,
        pull.HtmlUrl,
        pull.CreatedAt,
        pull.UpdatedAt);
}

internal sealed record PullRequestList(
    [property: JsonPropertyName("pull_requests")] PullRequestView[] PullRequests,
    [property: JsonPropertyName("more")] bool More);

/// <param name="Total">How many there are in all.</param>
/// <param name="Incomplete">GitHub ran out of time: there may be more.</param>
internal sealed record SearchAnswer(
    [property: JsonPropertyName("total")] int Total,
    [property: JsonPropertyName("incomplete")] bool Incomplete,
    [property: JsonPropertyName("items")] IssueView[] Items);

/// <summary>How parts of GitHub's answers are shown.</summary>
internal static class Shown
{
    /// <summary>A body in a list.</summary>
    public const int InList = 1000;

    /// <summary>A body that was asked for; GitHub's are not longer.</summary>
    public const int Whole = 65_536 * 4;

    public static string Beginning(string? text, int most)
    {
        if (text is null || text.Length <= most)
        {
            return text ?? "";
        }

        // Not between the halves of a character.
        return text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "…";
    }

    /// <summary>Whose account is gone is a ghost, as on GitHub's pages.</summary>
    public static string Author(GitHubUser? user) => user?.Login ?? "ghost";
}
