using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Sekia.Modules.Api;

namespace Sekia.Modules.Mcp;

/// <summary>How answers of tools are written, and the schemas that follow from it.</summary>
[JsonSerializable(typeof(EventPublished))]
[JsonSerializable(typeof(CommandOutcome))]
[JsonSerializable(typeof(DeadLetters))]
[JsonSerializable(typeof(Retried))]
internal sealed partial class McpJson : JsonSerializerContext
{
    private static readonly JsonSchemaExporterOptions s_schemas = new()
    {
        TreatNullObliviousAsNonNullable = true,

        // Payloads are written as they came, so that all that is known of them is that they are JSON.
        TransformSchemaNode = (context, schema) => context.TypeInfo.Type == typeof(RawJson) || context.TypeInfo.Type == typeof(RawJson?) ? new JsonObject() : schema,
    };

    public static JsonElement Write<T>(T value) => JsonSerializer.SerializeToElement(value, TypeInfo<T>());

    /// <summary>The JSON Schema of what <see cref="Write"/> makes of a type.</summary>
    public static JsonElement SchemaOf<T>() => JsonSerializer.SerializeToElement(TypeInfo<T>().GetJsonSchemaAsNode(s_schemas), Both.Node);

    private static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Both.Options.GetTypeInfo(typeof(T));

    /// <summary>The API's answers and those above. Apart, so that the generated part is there when it is made.</summary>
    private static class Both
    {
        public static readonly JsonSerializerOptions Options = new(ApiJson.Readable.Options)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(ApiJson.Default, Default),
        };

        public static readonly JsonTypeInfo<JsonNode> Node = (JsonTypeInfo<JsonNode>)ModelContextProtocol.McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonNode));
    }
}

/// <summary>What was published.</summary>
internal sealed record EventPublished(string Status, string EventId, string Subject, long Seq);

/// <summary>A command and how far it has come.</summary>
/// <param name="Status">Always <c>sent</c>: it is in the journal, and its agent is given it whatever becomes of this client.</param>
/// <param name="Outcome">Its status at the time of the answer: <c>pending</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c>, <c>dry_run</c> or <c>uncertain</c>.</param>
/// <param name="Result">The agent's answer, when it succeeded.</param>
/// <param name="Reason">Why it failed, was not sent, or waits.</param>
internal sealed record CommandOutcome(string Status, string Id, string Agent, string Command, string Outcome, RawJson? Result, string? Reason);

/// <summary>What failed and waits for a decision.</summary>
/// <param name="Runs">Failed runs, the newest first.</param>
/// <param name="Commands">Failed and uncertain commands, the newest first.</param>
internal sealed record DeadLetters(IReadOnlyList<RunView> Runs, IReadOnlyList<CommandView> Commands);

/// <summary>What is tried again.</summary>
internal sealed record Retried(string Status, string Id);
