using System.Net;
using System.Text.Json;

namespace Sekia.Modules.GitHub.Client;

/// <summary>An answer as it came: JSON of whatever kind, with what its headers say about it.</summary>
/// <param name="Status">Of a success, or that nothing has changed.</param>
/// <param name="Document">The answer; <c>null</c> in JSON when it has not changed.</param>
/// <param name="Tag">With which to ask whether it has changed.</param>
/// <param name="Date">GitHub's clock.</param>
/// <param name="Address">Where it came from.</param>
/// <param name="Link">The header that says where more of it is.</param>
internal sealed record GitHubPage(HttpStatusCode Status, JsonDocument Document, string? Tag, DateTimeOffset? Date, Uri Address, string? Link) : IDisposable
{
    /// <summary>Where the next page is; <c>null</c> when this is the last.</summary>
    /// <exception cref="Agents.CommandFailedException">It is at another host, where the token must not go.</exception>
    public Uri? Next => GitHubLink.Next(Link, Address);

    public bool IsUnchanged => Status == HttpStatusCode.NotModified;

    /// <summary>The items, when it is a list.</summary>
    public IEnumerable<JsonElement> Items => Document.RootElement.ValueKind == JsonValueKind.Array ? Document.RootElement.EnumerateArray() : [];

    public void Dispose() => Document.Dispose();
}
