using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Mcp;

/// <summary>JSON-RPC messages as they come, from a client or a host that may write anything.</summary>
internal static class RpcMessage
{
    /// <summary>With a name twice in one object nobody can tell which counts.</summary>
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>A message; <c>null</c> when the text is none: not JSON, or no object.</summary>
    public static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(LoneSurrogates.Replace(Encoding.UTF8.GetBytes(text)).Span, documentOptions: s_strict) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The messages of a list; <c>null</c> when the text is none, or something else is in it, or what must stand by itself.</summary>
    public static IReadOnlyList<JsonObject>? ParseList(string text)
    {
        try
        {
            return JsonNode.Parse(LoneSurrogates.Replace(Encoding.UTF8.GetBytes(text)).Span, documentOptions: s_strict) is JsonArray { Count: > 0 } list
                && list.All(one => one is JsonObject message && message.Text("method") != "initialize") ? [.. list.Cast<JsonObject>()] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A field that is a text; <c>null</c> when it is anything else.</summary>
    public static string? Text(this JsonObject message, string name) =>
        message[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>A field that is an object; an empty one when it is anything else.</summary>
    public static JsonObject Part(this JsonObject message, string name) => message[name] as JsonObject ?? [];

    public static JsonObject Notice(string method) => new() { ["jsonrpc"] = "2.0", ["method"] = method };

    public static JsonObject Request(string id, string method, JsonObject parameters) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters };

    public static JsonObject Error(JsonNode? id, int code, string sentence) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = id?.DeepClone(),
        ["error"] = new JsonObject { ["code"] = code, ["message"] = sentence },
    };
}
