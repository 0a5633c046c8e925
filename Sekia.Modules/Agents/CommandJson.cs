using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Sekia.Modules.Agents;

/// <summary>How the arguments and answers of commands become C# values and JSON again.</summary>
internal static class CommandJson
{
    /// <summary>For schemas and answers: as AI tools have it, but on one line, for answers are kept.</summary>
    public static readonly JsonSerializerOptions Answers = ReadOnly(new(AIJsonUtilities.DefaultOptions) { WriteIndented = false });

    /// <summary>For arguments: whole numbers in every spelling. Not for schemas, for no schema can be derived from a converter.</summary>
    public static readonly JsonSerializerOptions Arguments = ReadOnly(WithWholeNumbers(new(AIJsonUtilities.DefaultOptions)));

    private static JsonSerializerOptions WithWholeNumbers(JsonSerializerOptions options)
    {
        foreach (var converter in WholeNumber.Converters)
        {
            options.Converters.Add(converter);
        }

        return options;
    }

    private static JsonSerializerOptions ReadOnly(JsonSerializerOptions options)
    {
        options.MakeReadOnly();
        return options;
    }
}
