using System.Buffers;
using System.Text.Json;
using Sekia.Modules.Bus;
using Sekia.Modules.GitHub.Deliveries;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>What one tick has found so far. An item that was read becomes the delivery that a webhook would have sent, and that an event.</summary>
internal sealed class PollTick(string agent, int most, int maxPayloadBytes)
{
    private readonly List<Event> _events = [];
    private readonly List<string> _troubles = [];

    public IReadOnlyList<Event> Events => _events;

    /// <summary>What could not be read.</summary>
    public string? Troubles => _troubles.Count == 0 ? null : string.Join(" ", _troubles);

    public bool IsFull => _events.Count >= most;

    public void Trouble(string what) => _troubles.Add(what);

    /// <summary>Adds an event.</summary>
    /// <param name="repo">Where.</param>
    /// <param name="kind">As in <c>X-GitHub-Event</c>.</param>
    /// <param name="action">What happened to the item; besides GitHub's own <c>updated</c> and <c>matched</c>.</param>
    /// <param name="item">As GitHub's API has it.</param>
    public void Add(PolledRepo repo, string kind, string action, JsonElement item)
    {
        using var delivery = DeliveryOf(repo, kind, action, item);
        if (PolledMapping.Find(kind, delivery.RootElement) is not { } mapping)
        {
            return;
        }

        using var payload = new DeliveryPayload(maxPayloadBytes);
        mapping.Write(payload, delivery.RootElement);
        payload.Flag("polled");
        var isMain = agent == GitHubOptions.AgentName;
        if (!isMain)
        {
            payload.Name("agent", agent);
        }

        var key = FactKey.Of(kind, delivery.RootElement) ?? FactKey.Seen(kind, action, item);
        _events.Add(new Event
        {
            Subject = Subject.OfEvents(GitHubAccount.MainSource),
            Type = mapping.Type,
            Source = GitHubAccount.SourceOf(agent),
            Key = key is null || isMain ? key : $"{agent}:{key}",
            Payload = payload.End(),
        });
    }

    private static JsonDocument DeliveryOf(PolledRepo repo, string kind, string action, JsonElement item)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("action", action);
            json.WritePropertyName(kind switch { "issues" => "issue", "issue_comment" => "comment", _ => kind });
            item.WriteTo(json);
            if (kind == "issue_comment")
            {
                json.WriteStartObject("issue");
                json.WriteNumber("number", PolledRepo.NumberAtEndOf(item.At("issue_url").Text()));
                json.WriteEndObject();
            }

            json.WriteStartObject("repository");
            json.WriteString("name", repo.Name);
            json.WriteStartObject("owner");
            json.WriteString("login", repo.Owner);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return JsonDocument.Parse(buffer.WrittenMemory);
    }
}
