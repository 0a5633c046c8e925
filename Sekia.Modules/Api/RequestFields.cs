using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Api;

/// <summary>
/// A flat JSON object sent to the API, read in one pass over its bytes: texts, and one payload whose bytes are taken as they are.
/// </summary>
internal sealed class RequestFields
{
    private const string Payload = "payload";

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool?> _flags = new(StringComparer.Ordinal);

    /// <summary>The payload's bytes; <c>null</c> in JSON when there is none.</summary>
    public ReadOnlyMemory<byte> PayloadBytes { get; private set; } = JsonText.Null;

    /// <summary>The text of a field; <c>null</c> when it is absent or null.</summary>
    public string? this[string name] => _texts.GetValueOrDefault(name);

    /// <summary>Reads a body.</summary>
    /// <param name="body">UTF-8 JSON.</param>
    /// <param name="texts">The names of the fields besides <c>payload</c>, each a text.</param>
    /// <exception cref="BadHttpRequestException">It is not such an object; the message names the fault.</exception>
    public static RequestFields Parse(ReadOnlyMemory<byte> body, params ReadOnlySpan<string> texts) => Parse(body, flag: null, texts);

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte}, ReadOnlySpan{string})"/>
    /// <param name="flag">The name of a field that is true, false or null.</param>
    public static RequestFields Parse(ReadOnlyMemory<byte> body, string? flag, ReadOnlySpan<string> texts)
    {
        if (JsonText.FaultOfObject(body.Span) is { } fault)
        {
            throw Fault($"The body must be a JSON object, but {fault}.");
        }

        var fields = new RequestFields();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = JsonText.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fault("The body must be a JSON object, but it is null.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = TextOf(ref reader) ?? throw Fault("The name of a field has half a surrogate pair in it, which is no text.");
            reader.Read();
            if (!seen.Add(name))
            {
                throw Fault($"Field '{name}' is there twice. Give it once.");
            }

            if (name == Payload)
            {
                fields.PayloadBytes = Slice(body, ref reader);
            }
            else if (name == flag)
            {
                fields.ReadFlag(name, ref reader);
            }
            else if (texts.IndexOf(name) >= 0)
            {
                fields.ReadText(name, ref reader);
            }
            else
            {
                throw Fault($"Unknown field '{name}'; known are {string.Join(", ", [.. texts, .. flag is null ? [] : new[] { flag }, Payload])}.");
            }
        }

        return fields;
    }

    /// <exception cref="BadHttpRequestException">The field is absent.</exception>
    public string Required(string name) => this[name] ?? throw Fault($"Field '{name}' is missing.");

    /// <summary>Whether a flag is there, and what it says.</summary>
    public bool TryFlag(string name, out bool? value) => _flags.TryGetValue(name, out value);

    private void ReadFlag(string name, ref Utf8JsonReader reader) => _flags[name] = reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Null => null,
        var other => throw Fault($"Field '{name}' must be true or false, not {JsonText.Describe(other)}."),
    };

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> body, ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();

        // A copy of just the payload: the event may live long, the rest of the body need not.
        return body[start..(int)reader.BytesConsumed].ToArray();
    }

    private static BadHttpRequestException Fault(string sentence) => new(sentence);

    private void ReadText(string name, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            throw Fault($"Field '{name}' must be a string, not {JsonText.Describe(reader.TokenType)}.");
        }

        _texts[name] = TextOf(ref reader) ?? throw Fault($"Field '{name}' has half a surrogate pair in it, which is no text.");
    }

    /// <summary>What the reader stands on; <c>null</c> when no string can hold it.</summary>
    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
