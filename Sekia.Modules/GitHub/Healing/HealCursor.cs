using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sekia.Modules.GitHub.Healing;

/// <summary>What has been looked at and asked for, as the journal keeps it. All times are GitHub's own.</summary>
internal sealed class HealCursor
{
    /// <summary>GitHub sends nothing again that is older.</summary>
    public static readonly TimeSpan Past = TimeSpan.FromDays(3);

    /// <summary>By so much a look goes back behind the one before: a delivery is listed when it has ended, which takes a while.</summary>
    private static readonly TimeSpan s_overlap = TimeSpan.FromMinutes(10);

    /// <summary>By repository, when it was last looked at.</summary>
    public Dictionary<string, DateTimeOffset> Looked { get; set; } = [];

    /// <summary>By guid, what is to be asked for. It stands here before GitHub is asked.</summary>
    public Dictionary<string, Missed> Due { get; set; } = [];

    /// <summary>By guid, when it was decided to ask for what has been asked for.</summary>
    public Dictionary<string, DateTimeOffset> Asked { get; set; } = [];

    /// <summary>What was stored last; a fresh one when nothing was.</summary>
    public static HealCursor Parse(string? text)
    {
        try
        {
            return (string.IsNullOrEmpty(text) ? null : JsonSerializer.Deserialize(text, HealJson.Default.HealCursor)) ?? new HealCursor();
        }
        catch (JsonException)
        {
            return new HealCursor();
        }
    }

    public override string ToString() => JsonSerializer.Serialize(this, HealJson.Default.HealCursor);

    /// <summary>From when on a repository's deliveries are to be looked at.</summary>
    public DateTimeOffset Since(string repo, DateTimeOffset now) =>
        Looked.TryGetValue(repo, out var looked) && looked - s_overlap > now - Past ? looked - s_overlap : now - Past;

    public bool Knows(string guid) => Due.ContainsKey(guid) || Asked.ContainsKey(guid);

    /// <summary>It has been asked for, or need not be any more.</summary>
    public void Settle(string guid)
    {
        if (Due.Remove(guid, out var missed))
        {
            Asked[guid] = missed.NotedAt;
        }
    }

    /// <summary>Forgets what is too old to be seen once more.</summary>
    public void Forget(DateTimeOffset now)
    {
        var oldest = now - Past - s_overlap;
        foreach (var guid in Asked.Where(asked => asked.Value < oldest).Select(asked => asked.Key).Concat(Due.Where(due => due.Value.NotedAt < oldest).Select(due => due.Key)).ToArray())
        {
            Asked.Remove(guid);
            Due.Remove(guid);
        }
    }
}

/// <summary>A delivery that nobody took.</summary>
/// <param name="Repo">Of which repository.</param>
/// <param name="Hook">Of which of its webhooks.</param>
/// <param name="Delivery">GitHub's number of the attempt.</param>
/// <param name="NotedAt">When it was decided to ask for it.</param>
internal sealed record Missed(string Repo, long Hook, long Delivery, DateTimeOffset NotedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HealCursor))]
internal sealed partial class HealJson : JsonSerializerContext;
