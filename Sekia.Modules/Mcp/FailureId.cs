using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Sekia.Modules.Mcp;

/// <summary>Which failure is meant, as assistants give it: the number of a run, as a number or as a text, or the id of a command.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record FailureId(string Text)
{
    /// <summary>The number of the run; <c>null</c> when it is not a run that is meant.</summary>
    public long? Run => long.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out var run) ? run : null;

    /// <summary>Whether it is the id of a command.</summary>
    public bool IsCommand => Text.StartsWith("cmd_", StringComparison.Ordinal);

    /// <summary>The schema of what can be read, in the place of the one that says nothing: none can be derived from a converter.</summary>
    public static JsonNode AddTypeTo(JsonNode schema)
    {
        var typed = schema as JsonObject ?? [];
        typed["type"] = new JsonArray("string", "integer");
        return typed;
    }

    private sealed class Converter : JsonConverter<FailureId>
    {
        public override FailureId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.String => new FailureId(reader.GetString()!),

            // Some languages write 17.0.
            JsonTokenType.Number when reader.TryGetDecimal(out var number) => new FailureId(number.ToString("0.#", CultureInfo.InvariantCulture)),
            _ => throw new JsonException(),
        };

        public override void Write(Utf8JsonWriter writer, FailureId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }
}
