using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Sekia.Modules.Agents;

/// <summary>
/// Makes shapes of a JSON Schema such as System.Text.Json derives from C# types. Keywords it does not know set no rule here; what
/// they would have refused is refused by name when the value is bound.
/// </summary>
/// <param name="root">The schema as a whole, for its references (<c>#/properties/field/properties/next</c>).</param>
/// <param name="options">How the values will be bound; gives the C# type of a field, and with it the range of its integers.</param>
internal sealed class ArgumentShapeReader(JsonElement root, JsonSerializerOptions options)
{
    private static readonly Dictionary<Type, (decimal Least, decimal Most)> s_integerRanges = new()
    {
        [typeof(sbyte)] = (sbyte.MinValue, sbyte.MaxValue),
        [typeof(byte)] = (byte.MinValue, byte.MaxValue),
        [typeof(short)] = (short.MinValue, short.MaxValue),
        [typeof(ushort)] = (ushort.MinValue, ushort.MaxValue),
        [typeof(int)] = (int.MinValue, int.MaxValue),
        [typeof(uint)] = (uint.MinValue, uint.MaxValue),
        [typeof(long)] = (long.MinValue, long.MaxValue),
        [typeof(ulong)] = (ulong.MinValue, ulong.MaxValue),
    };

    // By place, so that a type which contains itself is read once and refers to itself.
    private readonly Dictionary<string, ArgumentShape> _shapes = new(StringComparer.Ordinal);

    /// <summary>The shape of the schema at a place.</summary>
    /// <param name="place">A JSON pointer as <c>$ref</c> has it, from <c>#</c> on.</param>
    /// <param name="schema">What stands there.</param>
    /// <param name="type">The C# type it was derived from; <c>null</c> when not known.</param>
    public ArgumentShape Read(string place, JsonElement schema, Type? type)
    {
        if (_shapes.TryGetValue(place, out var known))
        {
            return known;
        }

        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference))
        {
            var target = reference.GetString() ?? "#";
            return Read(target, At(target), type);
        }

        var shape = _shapes[place] = new ArgumentShape();
        if (schema.ValueKind == JsonValueKind.Object)
        {
            Fill(shape, place, schema, type is null ? null : Nullable.GetUnderlyingType(type) ?? type);
        }

        return shape;
    }

    private void Fill(ArgumentShape shape, string place, JsonElement schema, Type? type)
    {
        shape.Kinds = KindsOf(schema);
        shape.Choices = schema.TryGetProperty("enum", out var choices) ? [.. choices.EnumerateArray()] : null;
        shape.Format = schema.TryGetProperty("format", out var format) ? ArgumentFormat.Named(format.GetString() ?? "") : null;

        // Linear in the text's length, so that no argument can wedge the check.
        shape.Pattern = schema.TryGetProperty("pattern", out var pattern)
            ? new Regex(pattern.GetString() ?? "", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)
            : null;
        shape.IntegerRange = type is not null && s_integerRanges.TryGetValue(type, out var range) ? range : null;
        shape.Range = Limits(schema, "minimum", "maximum", value => value.GetDouble(), double.NegativeInfinity, double.PositiveInfinity);
        shape.Length = Limits(schema, "minLength", "maxLength", value => value.GetInt32(), 0, int.MaxValue)
            ?? Limits(schema, "minItems", "maxItems", value => value.GetInt32(), 0, int.MaxValue);

        var members = type is null ? null : options.GetTypeInfo(type);
        if (schema.TryGetProperty("items", out var items))
        {
            shape.Items = Read(place + "/items", items, members?.ElementType);
        }

        ReadFields(shape, place, schema, members);
    }

    private void ReadFields(ArgumentShape shape, string place, JsonElement schema, JsonTypeInfo? members)
    {
        if (schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind != JsonValueKind.False)
        {
            shape.OtherFields = Read(place + "/additionalProperties", others, members?.ElementType);
        }

        if (!schema.TryGetProperty("properties", out var fields))
        {
            return;
        }

        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()).ToArray() : [];
        shape.Fields =
        [
            .. fields.EnumerateObject().Select(field => new ArgumentField(
                field.Name,
                Read($"{place}/properties/{Escape(field.Name)}", field.Value, TypeOf(field.Name, members)),
                required.Contains(field.Name))),
        ];
    }

    private static Type? TypeOf(string field, JsonTypeInfo? members) =>
        members?.Properties.FirstOrDefault(property => property.Name == field)?.PropertyType;

    private static ArgumentKinds KindsOf(JsonElement schema) => !schema.TryGetProperty("type", out var type)
        ? ArgumentKinds.Any
        : type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Aggregate(ArgumentKinds.None, (kinds, one) => kinds | KindNamed(one.GetString()))
            : KindNamed(type.GetString());

    private static ArgumentKinds KindNamed(string? name) => name switch
    {
        "null" => ArgumentKinds.Null,
        "boolean" => ArgumentKinds.Boolean,
        "integer" => ArgumentKinds.Integer,
        "number" => ArgumentKinds.Number,
        "string" => ArgumentKinds.String,
        "array" => ArgumentKinds.Array,
        "object" => ArgumentKinds.Object,
        _ => throw new InvalidOperationException($"The schema has the type '{name}', which JSON Schema does not know."),
    };

    private static (T Least, T Most)? Limits<T>(JsonElement schema, string least, string most, Func<JsonElement, T> read, T floor, T ceiling)
        where T : struct
    {
        var hasLeast = schema.TryGetProperty(least, out var lowest);
        var hasMost = schema.TryGetProperty(most, out var highest);
        return hasLeast || hasMost ? (hasLeast ? read(lowest) : floor, hasMost ? read(highest) : ceiling) : null;
    }

    /// <summary>What stands at a place of the whole schema.</summary>
    private JsonElement At(string place) => place.Split('/')[1..]
        .Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))
        .Aggregate(root, (schema, step) => schema.GetProperty(step));

    private static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
