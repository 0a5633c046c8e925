using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Mcp;

/// <summary>The messages of a body: one, or a list of them, which only the older versions of the protocol know.</summary>
internal sealed record McpBody(IReadOnlyList<JsonRpcMessage> Messages, bool IsBatch)
{
    private const int MaxMessages = 100;

    /// <summary>The first says only that messages are those of JSON-RPC, which has lists; the second asks servers to take them; those after it have none.</summary>
    private static readonly string[] s_batchVersions = ["2024-11-05", "2025-03-26"];

    private static readonly JsonTypeInfo<JsonRpcMessage> s_message =
        (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    /// <summary>Whether it begins a session.</summary>
    public bool IsInitialize => !IsBatch && Messages[0] is JsonRpcRequest { Method: RequestMethods.Initialize };

    /// <summary>Reads a body.</summary>
    /// <returns>The messages, or what is wrong with the text.</returns>
    public static (McpBody? Body, string Fault) Parse(byte[] body)
    {
        try
        {
            return body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[', ..] ? ParseBatch(body)
                : JsonText.FaultOfObject(body) is { } fault ? (null, fault)
                : JsonSerializer.Deserialize(LoneSurrogates.Replace(body).Span, s_message) is { } message ? (new McpBody([message], IsBatch: false), "")
                : (null, "it is null");
        }
        catch (JsonException fault)
        {
            return (null, fault.Message.Split(" Path:", 2)[0].TrimEnd('.'));
        }
    }

    /// <summary>Why a session takes no such body; <c>null</c> when it does.</summary>
    /// <param name="version">Of the protocol, as agreed on; <c>null</c> before that.</param>
    public string? FaultIn(string? version) => !IsBatch ? null
        : !s_batchVersions.Contains(version) ? $"Version {version} of the protocol has no lists of messages. Send each by itself."
        : Messages.Any(message => message is JsonRpcRequest { Method: RequestMethods.Initialize }) ? "'initialize' must stand by itself."
        : null;

    private static (McpBody? Body, string Fault) ParseBatch(byte[] body)
    {
        if (JsonText.FaultOfValue(body, JsonText.MaxDepth) is { } fault)
        {
            return (null, fault);
        }

        using var list = JsonDocument.Parse(LoneSurrogates.Replace(body));
        return list.RootElement.GetArrayLength() switch
        {
            0 => (null, "it is an empty list"),
            > MaxMessages => (null, $"it is a list of more than {MaxMessages} messages"),
            _ => (new McpBody([.. list.RootElement.EnumerateArray().Select(one => one.Deserialize(s_message) ?? throw new JsonException("null is in the list"))], IsBatch: true), ""),
        };
    }
}
