using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Sekia.Modules.Api;

/// <summary>The JSON schema of an answer, from the very type that is written.</summary>
internal static class AnswerSchema
{
    private static readonly JsonSchemaExporterOptions s_options = new() { TransformSchemaNode = Complete };

    /// <param name="type">What is written.</param>
    /// <param name="name">Its name in the document.</param>
    public static JsonObject Of(JsonTypeInfo type, string name)
    {
        var schema = type.GetJsonSchemaAsNode(s_options).AsObject();

        // A type that has itself in it refers to its own schema from the root: the id makes that the root.
        schema.Insert(0, "$id", IdOf(name));
        return schema;
    }

    public static string IdOf(string name) => $"urn:sekia:{name}";

    /// <summary>Every property is always written, and only those that may be null are.</summary>
    private static JsonNode Complete(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
        {
            return node;
        }

        if (schema["properties"] is JsonObject properties)
        {
            schema["required"] = new JsonArray([.. properties.Select(property => JsonValue.Create(property.Key))]);
        }

        // The exporter knows of properties whether they may be null, of items and of the whole it does not; here they never are.
        if (context.PropertyInfo is null && schema["type"] is JsonArray types)
        {
            schema["type"] = types.Select(type => (string)type!).First(type => type != "null");
        }

        return schema;
    }
}
