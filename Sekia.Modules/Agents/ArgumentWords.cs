using System.Text.Json;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Agents;

/// <summary>How the faults of arguments are put in words.</summary>
internal static class ArgumentWords
{
    private static readonly (ArgumentKinds Kind, string Words)[] s_kinds =
    [
        (ArgumentKinds.Boolean, "true or false"),
        (ArgumentKinds.Integer, "an integer"),
        (ArgumentKinds.Number, "a number"),
        (ArgumentKinds.String, "a string"),
        (ArgumentKinds.Array, "an array"),
        (ArgumentKinds.Object, "an object"),
        (ArgumentKinds.Null, "null"),
    ];

    /// <summary>What a shape asks for: "an integer", "a string or null".</summary>
    public static string Expected(ArgumentShape shape) => shape switch
    {
        { Choices: { } choices } => $"one of {string.Join(", ", choices.Select(Show))}",
        { Kinds: ArgumentKinds.Any } => "any value",
        _ => string.Join(" or ", s_kinds.Where(kind => (shape.Kinds & kind.Kind) != 0).Select(kind => kind.Words)),
    };

    /// <summary>What a value is, without showing it.</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => WholeNumber.Is(value) ? "a number" : "a number with a fraction",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    /// <summary>A number or a choice as it was written; anything longer is cut.</summary>
    public static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"\"{Excerpt.Of(value.GetString() ?? "")}\"",
        JsonValueKind.Object or JsonValueKind.Array => Describe(value),
        _ => Excerpt.Of(value.GetRawText()),
    };
}
