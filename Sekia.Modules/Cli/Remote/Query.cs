using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Remote;

/// <summary>Makes what is sent from what was typed.</summary>
internal static class Query
{
    /// <summary>A path with those parameters that have a value.</summary>
    public static string Of(string path, params (string Name, string? Value)[] parameters)
    {
        var given = parameters.Where(parameter => !string.IsNullOrEmpty(parameter.Value)).Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}").ToArray();
        return given.Length == 0 ? path : $"{path}?{string.Join('&', given)}";
    }

    /// <summary>An object of those fields that have a value.</summary>
    public static JsonObject Object(params (string Name, JsonNode? Value)[] fields) =>
        new(fields.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Name, field.Value)));

    /// <summary>A payload as it was typed.</summary>
    /// <exception cref="HostFaultException">It is not a JSON object.</exception>
    public static JsonNode Payload(string? text)
    {
        try
        {
            return text is null ? new JsonObject() : JsonNode.Parse(text) as JsonObject ?? throw NotAnObject("It is something else.");
        }
        catch (JsonException fault)
        {
            throw NotAnObject(fault.Message);
        }
    }

    private static HostFaultException NotAnObject(string fault) => new($"The payload must be a JSON object, for example '{{\"number\":1}}'. {fault}", HostFaultException.Refused);
}
