using System.Text.Json;
using System.Text.Unicode;

namespace Sekia.Modules.Bus;

/// <summary>Checks on UTF-8 JSON that leave it as it is.</summary>
public static class JsonText
{
    /// <summary>Deeper nesting than this is refused: nobody writes it, and every reader pays for it.</summary>
    public const int MaxDepth = 64;

    /// <summary>So deep an answer of ours may be: what became of an event takes four levels for each consequence, and has payloads at its end.</summary>
    public const int MaxAnswerDepth = 2 * ((4 * Event.MaxDepth) + MaxDepth);

    /// <summary>The JSON text <c>null</c>.</summary>
    public static readonly byte[] Null = "null"u8.ToArray();

    /// <summary>What is wrong with a payload, in a sentence without its content; <c>null</c> when it is a JSON object or <c>null</c>.</summary>
    public static string? FaultOfObject(ReadOnlySpan<byte> utf8) => FaultOf(utf8, MaxDepth, objectOnly: true);

    /// <summary>What is wrong with a JSON value of any kind, in a sentence without its content; <c>null</c> when nothing is.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="maxDepth">How deep it may be nested: <see cref="MaxDepth"/>, less what is going to be put around it.</param>
    public static string? FaultOfValue(ReadOnlySpan<byte> utf8, int maxDepth) => FaultOf(utf8, maxDepth, objectOnly: false);

    private static string? FaultOf(ReadOnlySpan<byte> utf8, int maxDepth, bool objectOnly)
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
            // One more than allowed, so that too deep a text is told from one that is not JSON.
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = maxDepth + 1 });
            reader.Read();
            if (objectOnly && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
            {
                return $"it must be a JSON object or null, not {Describe(reader.TokenType)}";
            }

            while (reader.Read())
            {
                if (reader.CurrentDepth >= maxDepth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    return $"it is nested deeper than {maxDepth} levels";
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
