using System.Text.Json;
using System.Text.Json.Serialization;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Polling;

/// <summary>How far everything has been read, as the journal keeps it with the events that it covers.</summary>
internal sealed class PollCursor
{
    public Dictionary<string, RepoCursor> Repos { get; set; } = [];

    /// <summary>With which of the repositories the next tick begins.</summary>
    public int Next { get; set; }

    /// <summary>What was stored last; a fresh one when nothing was, or by a version that wrote it differently.</summary>
    public static PollCursor Parse(string? text)
    {
        try
        {
            return (string.IsNullOrEmpty(text) ? null : JsonSerializer.Deserialize(text, PollJson.Default.PollCursor)) ?? new PollCursor();
        }
        catch (JsonException)
        {
            return new PollCursor();
        }
    }

    public override string ToString() => JsonSerializer.Serialize(this, PollJson.Default.PollCursor);

    /// <summary>The place in a repository.</summary>
    public RepoCursor Of(string repo) => Repos.TryGetValue(repo, out var known) ? known : Repos[repo] = new RepoCursor();

    /// <summary>Forgets the repositories that are not polled any more.</summary>
    public void Keep(IReadOnlyCollection<string> repos)
    {
        foreach (var gone in Repos.Keys.Except(repos).ToArray())
        {
            Repos.Remove(gone);
        }
    }
}

/// <summary>How far one repository has been read.</summary>
internal sealed class RepoCursor
{
    public ListCursor Issues { get; set; } = new();

    public ListCursor Comments { get; set; } = new();

    /// <summary>The numbers of the items that match now and have been told of.</summary>
    public HashSet<long> Matched { get; set; } = [];
}

/// <summary>
/// How far a list has been read that is in the order of the last change: an item that changes while the list is read goes to its end, and
/// none is passed over.
/// </summary>
internal sealed class ListCursor
{
    /// <summary>
    /// A list is read again from so long before its last item. Within the same second more may happen after it was read, and what is
    /// written last is not always readable first.
    /// </summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1);

    /// <summary>The time of the last change that was read; <c>null</c> before the first.</summary>
    public string? Since { get; set; }

    /// <summary>Up to here nothing is new any more: where the list had been read to its end.</summary>
    public string Complete { get; set; } = "";

    /// <summary>What has been told of that happened after <see cref="News"/>: what changes in an item after that is a further change of it.</summary>
    public HashSet<string> Told { get; set; } = [];

    /// <summary>What has been read of the overlap: id and time of change.</summary>
    public HashSet<string> Seen { get; set; } = [];

    /// <summary>From where the list has to be asked for.</summary>
    [JsonIgnore]
    public string From => GitHubTime.Before(Since ?? "", Overlap);

    /// <summary>Where news begin. What the overlap shows a second time has been told of.</summary>
    [JsonIgnore]
    public string News => GitHubTime.Before(Complete, Overlap);

    public bool HasSeen(string id, string changed) => Seen.Contains(Entry(id, changed));

    public void See(string id, string changed)
    {
        if (GitHubTime.IsAfter(changed, Since ?? ""))
        {
            Since = changed;
            Seen.RemoveWhere(entry => !GitHubTime.IsAfter(entry, From));
        }

        Seen.Add(Entry(id, changed));
    }

    /// <summary>What the list has not come to yet and was read elsewhere: it will not be news there.</summary>
    public void SeeAhead(string id, string changed) => Seen.Add(Entry(id, changed));

    /// <summary>Whether something that happens to an item once is to be told of now; from then on it has been.</summary>
    /// <param name="fact">The item, and what happened to it.</param>
    /// <param name="at">When; empty when it has not.</param>
    public bool BeginsToTell(string fact, string at) => GitHubTime.IsAfter(at, News) && Told.Add(Entry(fact, at));

    /// <summary>The list has been read to its end.</summary>
    public void End()
    {
        Complete = Since ?? "";
        Told.RemoveWhere(entry => !GitHubTime.IsAfter(entry, News));
    }

    /// <summary>The time first, so that entries compare as times do.</summary>
    private static string Entry(string what, string at) => $"{at}#{what}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PollCursor))]
internal sealed partial class PollJson : JsonSerializerContext;
