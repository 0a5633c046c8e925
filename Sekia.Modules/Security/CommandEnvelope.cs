using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Security;

/// <summary>
/// A command as it travels on <c>sekia.commands.&lt;agent&gt;</c>: the Go original's <c>command</c>, <c>payload</c>, <c>source</c> and
/// <c>signature</c>, and when it is sealed also <c>id</c>, <c>expires</c> and <c>seal</c>, which the original ignores.
/// </summary>
internal sealed record CommandEnvelope
{
    public string Command { get; init; } = "";

    /// <summary>UTF-8 JSON: an object, or <c>null</c>.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; } = JsonText.Null;

    public string Source { get; init; } = "";

    /// <summary>Empty when unsigned.</summary>
    public string Signature { get; init; } = "";

    /// <summary>Names this sending; empty when unsealed.</summary>
    public string Id { get; init; } = "";

    /// <summary>Unix seconds after which it is refused; zero when unsealed.</summary>
    public long Expires { get; init; }

    /// <summary>Empty when unsealed.</summary>
    public string Seal { get; init; } = "";

    /// <summary>
    /// Reads the wire form as tolerantly as the original: unknown keys are ignored, the case of keys does not matter, what is missing
    /// or <c>null</c> is empty, and of a repeated key the last counts.
    /// </summary>
    /// <exception cref="InvalidCommandException">It is not a JSON object, or a key has a value of another kind.</exception>
    public static CommandEnvelope Parse(ReadOnlyMemory<byte> wire)
    {
        var mended = LoneSurrogates.Replace(WellFormedUtf8.Of(wire));
        if (JsonText.FaultOfObject(mended.Span) is { } fault)
        {
            throw new InvalidCommandException($"the command's message is refused: {fault}");
        }

        var envelope = new CommandEnvelope();
        var message = JsonElement.Parse(mended.Span);
        return message.ValueKind == JsonValueKind.Null ? envelope : message.EnumerateObject().Aggregate(envelope, With);
    }

    /// <summary>The wire form, UTF-8 JSON. Empty proofs are left out.</summary>
    public ReadOnlyMemory<byte> ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>(Payload.Length + 384);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("command"u8, Command);
        json.WritePropertyName("payload"u8);
        json.WriteRawValue(Payload.Span, skipInputValidation: true);
        json.WriteString("source"u8, Source);
        if (Signature.Length > 0)
        {
            json.WriteString("signature"u8, Signature);
        }

        if (Seal.Length > 0)
        {
            json.WriteString("id"u8, Id);
            json.WriteNumber("expires"u8, Expires);
            json.WriteString("seal"u8, Seal);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static CommandEnvelope With(CommandEnvelope envelope, JsonProperty member) => member.Name.ToUpperInvariant() switch
    {
        "COMMAND" => envelope with { Command = Text(member, envelope.Command) },
        "PAYLOAD" => envelope with { Payload = PayloadOf(member) },
        "SOURCE" => envelope with { Source = Text(member, envelope.Source) },
        "SIGNATURE" => envelope with { Signature = Text(member, envelope.Signature) },
        "ID" => envelope with { Id = Text(member, envelope.Id) },
        "EXPIRES" => envelope with { Expires = Seconds(member, envelope.Expires) },
        "SEAL" => envelope with { Seal = Text(member, envelope.Seal) },
        _ => envelope,
    };

    // As in the original, null says nothing: what an earlier key said stays.
    private static string Text(JsonProperty member, string before) => member.Value.ValueKind switch
    {
        JsonValueKind.String => member.Value.GetString() ?? "",
        JsonValueKind.Null => before,
        _ => throw Unfit(member, "a string"),
    };

    private static long Seconds(JsonProperty member, long before) => member.Value.ValueKind switch
    {
        JsonValueKind.Number when member.Value.TryGetInt64(out var seconds) => seconds,
        JsonValueKind.Null => before,
        _ => throw Unfit(member, "an integer"),
    };

    private static ReadOnlyMemory<byte> PayloadOf(JsonProperty member) => member.Value.ValueKind switch
    {
        JsonValueKind.Object => JsonMarshal.GetRawUtf8Value(member.Value).ToArray(),
        JsonValueKind.Null => JsonText.Null,
        _ => throw Unfit(member, "an object or null"),
    };

    private static InvalidCommandException Unfit(JsonProperty member, string expected) =>
        new($"the command's message is refused: its key '{Excerpt.Of(member.Name)}' must be {expected}");
}
