using System.Net;
using System.Text.Json;

namespace Sekia.Modules.GitHub;

/// <summary>An answer as it came: JSON of whatever kind, with what its headers say about it.</summary>
/// <param name="Status">Of a success, or that nothing has changed.</param>
/// <param name="Document">The answer; <c>null</c> in JSON when it has not changed.</param>
/// <param name="Tag">With which to ask whether it has changed.</param>
/// <param name="Date">GitHub's clock.</param>
/// <param name="Next">Where the next page is.</param>
internal sealed record GitHubPage(HttpStatusCode Status, JsonDocument Document, string? Tag, DateTimeOffset? Date, Uri? Next) : IDisposable
{
    public bool IsUnchanged => Status == HttpStatusCode.NotModified;

    /// <summary>The items, when it is a list.</summary>
    public IEnumerable<JsonElement> Items => Document.RootElement.ValueKind == JsonValueKind.Array ? Document.RootElement.EnumerateArray() : [];

    public void Dispose() => Document.Dispose();
}
