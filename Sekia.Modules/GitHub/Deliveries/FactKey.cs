using System.Text.Json;

namespace Sekia.Modules.GitHub.Deliveries;

/// <summary>
/// What makes a fact the same fact, whoever tells of it: a webhook, another webhook, or a list that was read. Of most deliveries nothing
/// does but the delivery's own id.
/// </summary>
internal static class FactKey
{
    /// <summary>The key of a delivery; <c>null</c> when what it tells may happen again and again, as an edit.</summary>
    /// <param name="kind">The header <c>X-GitHub-Event</c>.</param>
    /// <param name="delivery">The delivery.</param>
    public static string? Of(string kind, JsonElement delivery) => (kind, delivery.At("action").Text()) switch
    {
        ("issues", "opened") => Once("issue", delivery.At("issue"), "opened"),
        ("issues", "closed") => At("issue", delivery.At("issue"), "closed", "closed_at"),
        ("pull_request", "opened") => Once("pr", delivery.At("pull_request"), "opened"),
        ("pull_request", "closed") => At("pr", delivery.At("pull_request"), "closed", "closed_at"),
        ("issue_comment", "created") => Once("comment", delivery.At("comment"), "created"),
        _ => null,
    };

    /// <summary>The key of what was seen of an item at the time of its last change.</summary>
    public static string? Seen(string kind, string action, JsonElement item) => At(kind, item, action, "updated_at");

    private static string? Once(string kind, JsonElement item, string what) => item.At("id").Text() is { Length: > 0 } id ? $"{kind}:{id}:{what}" : null;

    private static string? At(string kind, JsonElement item, string what, string time) =>
        Once(kind, item, what) is { } key && item.At(time).Text() is { Length: > 0 } at ? $"{key}@{at}" : null;
}
