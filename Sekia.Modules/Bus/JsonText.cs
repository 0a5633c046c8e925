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

        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = maxDepth });
            if (!reader.Read())
            {
                return "it is empty";
            }

            if (objectOnly && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
            {
                return $"it must be a JSON object or null, not {Describe(reader.TokenType)}";
            }

            while (reader.Read())
            {
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
