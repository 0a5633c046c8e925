using System.Text.Json;
using System.Text.Unicode;

namespace Sekia.Modules.Bus;

/// <summary>Checks on UTF-8 JSON that leave it as it is.</summary>
public static class JsonText
{
    /// <summary>Deeper nesting than this is refused: nobody writes it, and every reader pays for it.</summary>
    public const int MaxDepth = 64;

    /// <summary>The JSON text <c>null</c>.</summary>
    public static readonly byte[] Null = "null"u8.ToArray();

    // One more than allowed, so that too deep a text is told from one that is not JSON.
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = MaxDepth + 1 };

    /// <summary>What is wrong with a payload, in a sentence without its content; <c>null</c> when it is a JSON object or <c>null</c>.</summary>
    public static string? FaultOfObject(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            return "it is not valid UTF-8";
        }

        if (utf8.TrimStart(" \t\r\n"u8).IsEmpty)
        {
            return "it is empty";
        }

        try
        {
            var reader = new Utf8JsonReader(utf8, s_options);
            reader.Read();
            if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
            {
                return $"it must be a JSON object or null, not {Describe(reader.TokenType)}";
            }

            while (reader.Read())
            {
                if (reader.CurrentDepth >= MaxDepth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    return $"it is nested deeper than {MaxDepth} levels";
                }
            }

            return null;
        }
        catch (JsonException fault)
        {
            return $"it is not valid JSON (line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1})";
        }
    }

    /// <summary>The kind of a token in words: "a string", "an array" …</summary>
    public static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        JsonTokenType.Null => "null",
        _ => "something else",
    };
}
