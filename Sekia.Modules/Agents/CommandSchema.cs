using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Sekia.Modules.Agents;

/// <summary>A command's schema and its method's parameters, made ready once for reading many payloads.</summary>
internal sealed class CommandSchema
{
    private readonly ArgumentShape _shape;
    private readonly Parameter[] _parameters;

    public CommandSchema(JsonElement schema, MethodInfo method)
    {
        var reader = new ArgumentShapeReader(schema, CommandJson.Arguments);
        var types = method.GetParameters().ToDictionary(parameter => parameter.Name ?? "", parameter => parameter.ParameterType, StringComparer.Ordinal);
        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()).ToArray() : [];
        _parameters =
        [
            .. schema.GetProperty("properties").EnumerateObject().Select(property => new Parameter(
                new ArgumentField(
                    property.Name,
                    reader.Read($"#/properties/{property.Name}", property.Value, types[property.Name]),
                    required.Contains(property.Name)),
                CommandJson.Arguments.GetTypeInfo(types[property.Name]))),
        ];
        _shape = new ArgumentShape { Kinds = ArgumentKinds.Object, Fields = [.. _parameters.Select(parameter => parameter.Field)] };
    }

    /// <summary>Checks the arguments, and binds them when nothing is wrong. Every fault is reported; with a fault the answer is of no use.</summary>
    /// <param name="payload">An object.</param>
    public AIFunctionArguments Read(JsonElement payload, ArgumentFaults faults)
    {
        var arguments = new AIFunctionArguments();
        _shape.Check(payload, faults);
        if (faults.Found.Count > 0)
        {
            return arguments;
        }

        foreach (var (field, type) in _parameters)
        {
            if (payload.TryGetProperty(field.Utf8Name, out var value))
            {
                arguments[field.Name] = Bind(field, type, value, faults);
            }
        }

        return arguments;
    }

    private static object? Bind(ArgumentField field, JsonTypeInfo type, JsonElement value, ArgumentFaults faults)
    {
        try
        {
            return value.Deserialize(type);
        }
        catch (JsonException unfit)
        {
            // What no schema says. The serializer's path begins with "$", which stands for the argument.
            var inner = unfit.Path?.TrimStart('$') ?? "";
            faults.Enter(field.Name + inner);
            faults.Add(inner.Length == 0 ? $"cannot be read as {(Nullable.GetUnderlyingType(type.Type) ?? type.Type).Name}" : "has a value that cannot stand there");
            faults.Leave();
            return null;
        }
    }

    private sealed record Parameter(ArgumentField Field, JsonTypeInfo Type);
}
