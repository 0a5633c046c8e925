using System.Text.Json;
using Sekia.Modules.Agents;

namespace Sekia.Modules.Http;

/// <summary>What a request does to the world, as far as HTTP itself says (RFC 9110, section 9.2, and the <c>Idempotency-Key</c> header).</summary>
internal static class RequestTraits
{
    public const string IdempotencyKey = "Idempotency-Key";

    public static CommandTraits Of(string method, IEnumerable<KeyValuePair<string, string?>> headers) => method.ToUpperInvariant() switch
    {
        "GET" or "HEAD" or "OPTIONS" => CommandTraits.ReadOnly,
        "PUT" => CommandTraits.Idempotent,
        "DELETE" => CommandTraits.Idempotent | CommandTraits.Destructive,
        _ when headers.Any(header => IsIdempotencyKey(header.Key) && !string.IsNullOrWhiteSpace(header.Value)) => CommandTraits.Idempotent,
        _ => CommandTraits.None,
    };

    /// <summary>The same of a command's payload that has been checked against the schema.</summary>
    public static CommandTraits Of(JsonElement payload) =>
        Of(payload.GetProperty("method").GetString()!, payload.TryGetProperty("headers", out var headers) ? HeadersOf(headers) : []);

    public static bool IsIdempotencyKey(string header) => header.Equals(IdempotencyKey, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<KeyValuePair<string, string?>> HeadersOf(JsonElement headers) => headers.ValueKind == JsonValueKind.Object
        ? headers.EnumerateObject().Select(header => KeyValuePair.Create(header.Name, header.Value.GetString()))
        : [];
}
