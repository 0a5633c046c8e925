using System.Text;
using System.Text.Json.Nodes;
using Sekia.Modules.Bus;

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
        if (text is null)
        {
            return new JsonObject();
        }

        var json = Encoding.UTF8.GetBytes(text);
        var fault = JsonText.FaultOfObject(json);
        return fault is null && JsonNode.Parse(LoneSurrogates.Replace(json).Span) is JsonObject payload
            ? payload
            : throw new HostFaultException($"The payload must be a JSON object, for example '{{\"number\":1}}': {fault ?? "it is null"}.", HostFaultException.Refused);
    }
}
