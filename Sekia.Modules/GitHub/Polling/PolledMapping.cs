using System.Text.Json;
using Sekia.Modules.GitHub.Deliveries;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>The events of what was read: those of <see cref="DeliveryMapping"/>, and some that only reading finds.</summary>
internal static class PolledMapping
{
    /// <summary>As <see cref="DeliveryMapping.Find"/>.</summary>
    public static (string Type, Action<DeliveryPayload, JsonElement> Write)? Find(string kind, JsonElement delivery) => (kind, delivery.At("action").Text()) switch
    {
        ("issues", "updated") => ("github.issue.updated", DeliveryMapping.WriteIssue),
        ("issues", "matched") => ("github.issue.matched", WriteMatchedIssue),
        ("pull_request", "updated") => ("github.pr.updated", DeliveryMapping.WritePullRequest),
        ("pull_request", "matched") => ("github.pr.matched", WriteMatchedPullRequest),
        _ => DeliveryMapping.Find(kind, delivery),
    };

    private static void WriteMatchedIssue(DeliveryPayload payload, JsonElement delivery)
    {
        DeliveryMapping.WriteIssue(payload, delivery);
        payload.Name("state", delivery.At("issue", "state"));
    }

    private static void WriteMatchedPullRequest(DeliveryPayload payload, JsonElement delivery)
    {
        var pullRequest = delivery.At("pull_request");
        DeliveryMapping.WritePullRequest(payload, delivery);
        payload.Name("state", pullRequest.At("state"));
        payload.Flag("draft", pullRequest.At("draft").ValueKind == JsonValueKind.True);
        payload.Names("labels", pullRequest.At("labels"));
    }
}
