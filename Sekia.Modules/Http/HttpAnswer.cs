using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Http;

/// <summary>What came back, in the shape a workflow sees. Of the body's three forms the absent ones are left out.</summary>
internal sealed record HttpAnswer
{
    /// <summary>Deeper JSON is left as text: the answer wraps it, and whoever records or announces the answer wraps that.</summary>
    private const int MaxJsonDepth = JsonText.MaxDepth - 8;

    [JsonPropertyName("status")]
    public required int Status { get; init; }

    /// <summary>By lower-case name; several values of one name are joined by ", ".</summary>
    [JsonPropertyName("headers")]
    public required SortedDictionary<string, string> Headers { get; init; }

    /// <summary>The body as text, when it is text.</summary>
    [JsonPropertyName("body"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Body { get; init; }

    /// <summary>The body in base64, when it is not text.</summary>
    [JsonPropertyName("body_base64"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BodyBase64 { get; init; }

    /// <summary>The body's value, when it is whole, says that it is JSON, and is.</summary>
    [JsonPropertyName("json"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Json { get; init; }

    /// <summary>The body was longer than the agent keeps.</summary>
    [JsonPropertyName("truncated")]
    public required bool Truncated { get; init; }

    public static HttpAnswer Of(HttpResponseMessage response, CappedBody body)
    {
        var type = response.Content.Headers.ContentType;
        var text = BodyText.Decode(body, type?.CharSet);
        return new HttpAnswer
        {
            Status = (int)response.StatusCode,
            Headers = HeadersOf(response),
            Body = text,
            BodyBase64 = text is null ? Convert.ToBase64String(body.Bytes.Span) : null,
            Json = text is null || body.Truncated || !IsJson(type) ? null : Parse(text),
            Truncated = body.Truncated,
        };
    }

    private static SortedDictionary<string, string> HeadersOf(HttpResponseMessage response)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            headers[name.ToLowerInvariant()] = string.Join(", ", values);
        }

        return headers;
    }

    private static bool IsJson(MediaTypeHeaderValue? type) =>
        type?.MediaType is { } name &&
        (name.Equals("application/json", StringComparison.OrdinalIgnoreCase) ||
         name.Equals("text/json", StringComparison.OrdinalIgnoreCase) ||
         name.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    private static JsonElement? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxJsonDepth });

            // Written once more, because half a surrogate pair is well-formed JSON that nobody can write as text.
            return JsonSerializer.SerializeToElement(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
