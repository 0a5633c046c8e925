using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary>How an argument of a command is typed into a form.</summary>
public enum ArgumentInput
{
    /// <summary>One line of text.</summary>
    Text,

    /// <summary>Text of several lines.</summary>
    LongText,

    /// <summary>A number, with or without a fraction.</summary>
    Number,

    /// <summary>Yes or no.</summary>
    Flag,

    /// <summary>One of some values.</summary>
    Choice,

    /// <summary>A list of texts, one on each line.</summary>
    Lines,

    /// <summary>Anything else, as JSON.</summary>
    Json,
}

/// <summary>An argument of a command, as a field of a form.</summary>
/// <param name="Name">The argument's.</param>
/// <param name="Input">How it is typed.</param>
/// <param name="Help">What it is for.</param>
/// <param name="IsRequired">Whether the command cannot do without.</param>
/// <param name="Choices">As JSON, for <see cref="ArgumentInput.Choice"/>.</param>
/// <param name="Default">What counts when it is left empty, as JSON; <c>null</c> when nothing does.</param>
public sealed record CommandField(string Name, ArgumentInput Input, string Help, bool IsRequired, IReadOnlyList<string> Choices, string? Default)
{
    /// <summary>In the form. The prefix keeps it apart from the form's own fields.</summary>
    public string FormName => "arg." + Name;

    internal static CommandField Of(string name, JsonElement schema, bool isRequired)
    {
        var fallback = schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("default", out var value) && value.ValueKind != JsonValueKind.Null ? value.GetRawText() : null;
        var help = TextOf(schema, "description") ?? "";
        var choices = schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("enum", out var all)
            ? all.EnumerateArray().Where(choice => choice.ValueKind != JsonValueKind.Null).Select(choice => choice.GetRawText()).ToArray()
            : [];
        return new CommandField(name, choices.Length > 0 ? ArgumentInput.Choice : InputOf(name, schema), help, isRequired, choices, fallback);
    }

    private static ArgumentInput InputOf(string name, JsonElement schema) => TypeOf(schema) switch
    {
        "string" => name.EndsWith("body", StringComparison.Ordinal) || name.EndsWith("text", StringComparison.Ordinal) || name.EndsWith("message", StringComparison.Ordinal)
            ? ArgumentInput.LongText
            : ArgumentInput.Text,
        "integer" or "number" => ArgumentInput.Number,
        "boolean" => ArgumentInput.Flag,
        "array" when schema.TryGetProperty("items", out var items) && TypeOf(items) == "string" && !items.TryGetProperty("enum", out _) => ArgumentInput.Lines,
        _ => ArgumentInput.Json,
    };

    /// <summary>The one type that a value has when it is not null; <c>null</c> when there are several, or none is said.</summary>
    private static string? TypeOf(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("type", out var type))
        {
            return null;
        }

        var types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()).Where(one => one != "null").ToArray() : [type.GetString()];
        return types is [var only] ? only : null;
    }

    private static string? TextOf(JsonElement schema, string name) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}

/// <summary>A command of an agent as a form, made from its schema: empty, or as somebody filled it in, with what is wrong with it.</summary>
public sealed class CommandForm
{
    private readonly Dictionary<string, string> _typed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _faults = new(StringComparer.Ordinal);

    /// <param name="command">Which.</param>
    /// <param name="key">Of this form: sent twice, it is one command.</param>
    internal CommandForm(CommandDescription command, string key)
    {
        Command = command;
        Key = key;
        var required = command.Schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()).ToArray() : [];
        Fields = command.Schema.TryGetProperty("properties", out var properties)
            ? [.. properties.EnumerateObject().Select(property => CommandField.Of(property.Name, property.Value, required.Contains(property.Name))).OrderBy(field => !field.IsRequired)]
            : [];
    }

    public CommandDescription Command { get; }

    public string Key { get; }

    /// <summary>Those that are required come first.</summary>
    public IReadOnlyList<CommandField> Fields { get; }

    /// <summary>Whether it is to be really sent.</summary>
    public bool IsLive { get; private set; }

    /// <summary>What is wrong, and with no field in particular.</summary>
    public IReadOnlyList<string> Faults { get; private set; } = [];

    public bool HasFaults => Faults.Count > 0 || _faults.Count > 0;

    /// <summary>What was typed into a field.</summary>
    public string Typed(CommandField field) => _typed.GetValueOrDefault(field.Name, "");

    /// <summary>What is wrong with a field; <c>null</c> when nothing is.</summary>
    public string? Fault(CommandField field) => _faults.GetValueOrDefault(field.Name);

    /// <summary>Takes over what was typed, and makes a payload of it: an argument that was left empty is left out.</summary>
    internal ReadOnlyMemory<byte> Fill(IFormCollection form)
    {
        IsLive = form["live"] == "yes";
        var payload = new JsonObject();
        foreach (var field in Fields)
        {
            var typed = form[field.FormName].ToString().ReplaceLineEndings("\n");
            _typed[field.Name] = typed;
            if (typed.Trim().Length > 0)
            {
                payload[field.Name] = ValueOf(field, typed);
            }
        }

        return Encoding.UTF8.GetBytes(payload.ToJsonString());
    }

    /// <summary>A payload that has all that is required, for examples.</summary>
    internal string Example() => new JsonObject(Fields.Where(field => field.IsRequired).Select(field => KeyValuePair.Create(field.Name, field.Input switch
    {
        ArgumentInput.Number => JsonValue.Create(1),
        ArgumentInput.Flag => JsonValue.Create(true),
        ArgumentInput.Choice => JsonOf(field.Choices[0]),
        ArgumentInput.Lines => new JsonArray("x"),
        ArgumentInput.Json => new JsonObject(),
        _ => (JsonNode?)JsonValue.Create("x"),
    }))).ToJsonString();

    /// <summary>Puts what the check of the arguments says beside the fields it is about.</summary>
    internal void Add(IReadOnlyList<string> faults)
    {
        var others = new List<string>();
        foreach (var fault in faults)
        {
            if (Fields.FirstOrDefault(field => IsAbout(fault, field.Name)) is { } field)
            {
                _faults.TryAdd(field.Name, fault);
            }
            else
            {
                others.Add(fault);
            }
        }

        Faults = others;
    }

    private static bool IsAbout(string fault, string argument) =>
        fault.StartsWith($"argument '{argument}", StringComparison.Ordinal) && fault["argument '".Length..][argument.Length..] is ['\'' or '.' or '[', ..];

    private JsonNode? ValueOf(CommandField field, string typed) => field.Input switch
    {
        ArgumentInput.Lines => new JsonArray([.. typed.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => JsonValue.Create(line))]),
        ArgumentInput.Json => JsonOf(typed) ?? NoJson(field, typed),

        // What does not read as such a value goes on as text, and the check says what was expected.
        ArgumentInput.Number or ArgumentInput.Flag or ArgumentInput.Choice => JsonOf(typed.Trim()) ?? JsonValue.Create(typed),
        _ => JsonValue.Create(typed),
    };

    private JsonValue NoJson(CommandField field, string typed)
    {
        _faults[field.Name] = $"argument '{field.Name}' is no JSON: {JsonText.FaultOfValue(Encoding.UTF8.GetBytes(typed), JsonText.MaxDepth)}";
        return JsonValue.Create(typed);
    }

    private static JsonNode? JsonOf(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = JsonText.MaxDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
