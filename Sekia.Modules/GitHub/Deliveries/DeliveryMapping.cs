using System.Text.Json;

namespace Sekia.Modules.GitHub.Deliveries;

/// <summary>Which deliveries are events, and what of a delivery an event tells. Types and fields are those of the Go original.</summary>
internal static class DeliveryMapping
{
    /// <summary>The event's type, and what writes its payload; <c>null</c> when the delivery is no event here.</summary>
    /// <param name="kind">The header <c>X-GitHub-Event</c>.</param>
    /// <param name="delivery">The delivery.</param>
    public static (string Type, Action<DeliveryPayload, JsonElement> Write)? Find(string kind, JsonElement delivery) =>
        (kind, delivery.At("action").Text()) switch
        {
            ("issues", "labeled") => ("github.issue.labeled", WriteLabeled),
            ("issues", "assigned") => ("github.issue.assigned", WriteAssigned),
            ("issues", ("opened" or "closed" or "reopened") and var action) => ($"github.issue.{action}", WriteIssue),
            ("pull_request", "opened") => ("github.pr.opened", WritePullRequest),
            ("pull_request", "closed") when IsMerged(delivery) => ("github.pr.merged", WriteMerged),
            ("pull_request", "closed") => ("github.pr.closed", WritePullRequest),
            ("pull_request", "review_requested") => ("github.pr.review_requested", WriteReviewRequest),
            ("push", _) => ("github.push", WritePush),
            ("issue_comment", "created") => ("github.comment.created", WriteComment),
            _ => null,
        };

    private static bool IsMerged(JsonElement delivery) => delivery.At("pull_request", "merged").ValueKind == JsonValueKind.True;

    private static void WriteRepository(DeliveryPayload payload, JsonElement delivery)
    {
        var repository = delivery.At("repository");
        var login = repository.At("owner", "login");

        // Pushes of old Enterprise servers have the owner's name only.
        payload.Name("owner", login.ValueKind == JsonValueKind.String ? login : repository.At("owner", "name"));
        payload.Name("repo", repository.At("name"));
    }

    public static void WriteIssue(DeliveryPayload payload, JsonElement delivery)
    {
        var issue = delivery.At("issue");
        WriteRepository(payload, delivery);
        payload.Number("number", issue.At("number").Number());
        payload.Name("title", issue.At("title"));
        payload.Text("body", issue.At("body"));
        payload.Name("author", issue.At("user", "login"));
        payload.Name("url", issue.At("html_url"));
        payload.Names("labels", issue.At("labels"));
    }

    private static void WriteLabeled(DeliveryPayload payload, JsonElement delivery)
    {
        WriteIssue(payload, delivery);
        payload.Name("label", delivery.At("label", "name"));
    }

    private static void WriteAssigned(DeliveryPayload payload, JsonElement delivery)
    {
        WriteIssue(payload, delivery);
        payload.Name("assignee", delivery.At("assignee", "login"));
    }

    public static void WritePullRequest(DeliveryPayload payload, JsonElement delivery)
    {
        var pullRequest = delivery.At("pull_request");
        WriteRepository(payload, delivery);
        payload.Number("number", pullRequest.At("number").Number());
        payload.Name("title", pullRequest.At("title"));
        payload.Text("body", pullRequest.At("body"));
        payload.Name("author", pullRequest.At("user", "login"));
        payload.Name("head_branch", pullRequest.At("head", "ref"));
        payload.Name("base_branch", pullRequest.At("base", "ref"));
        payload.Name("url", pullRequest.At("html_url"));
    }

    private static void WriteMerged(DeliveryPayload payload, JsonElement delivery)
    {
        WritePullRequest(payload, delivery);
        payload.Name("merge_commit", delivery.At("pull_request", "merge_commit_sha"));
    }

    /// <summary>A review may be asked of a team; then there is no reviewer.</summary>
    private static void WriteReviewRequest(DeliveryPayload payload, JsonElement delivery)
    {
        WritePullRequest(payload, delivery);
        if (delivery.At("requested_reviewer").IsObject())
        {
            payload.Name("reviewer", delivery.At("requested_reviewer", "login"));
        }
    }

    private static void WritePush(DeliveryPayload payload, JsonElement delivery)
    {
        WriteRepository(payload, delivery);
        payload.Name("ref", delivery.At("ref"));
        payload.Name("before", delivery.At("before"));
        payload.Name("after", delivery.At("after"));
        payload.Number("commits_count", delivery.At("commits").Count());
        payload.Name("pusher", delivery.At("pusher", "name"));

        // A branch or a tag that was deleted has none.
        if (delivery.At("head_commit").IsObject())
        {
            payload.Text("head_commit_message", delivery.At("head_commit", "message"));
        }
    }

    private static void WriteComment(DeliveryPayload payload, JsonElement delivery)
    {
        var comment = delivery.At("comment");
        WriteRepository(payload, delivery);
        payload.Number("issue_number", delivery.At("issue", "number").Number());
        payload.Name("comment_id", comment.At("id"));
        payload.Text("body", comment.At("body"));
        payload.Name("author", comment.At("user", "login"));
        payload.Name("url", comment.At("html_url"));
    }
}
