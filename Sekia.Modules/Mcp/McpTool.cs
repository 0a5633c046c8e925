using System.Text.Json;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Mcp;

/// <summary>One tool: what a client is told of it, and what it does with checked arguments.</summary>
/// <param name="Definition">What stands in the list of tools.</param>
/// <param name="Needs">The role that a caller must have to be told of it.</param>
/// <param name="CallAsync">Takes the arguments, an object. Throws what the API throws.</param>
internal sealed record McpTool(Tool Definition, AccessRole Needs, Func<JsonElement, CancellationToken, Task<CallToolResult>> CallAsync)
{
    private static readonly AIJsonSchemaCreateOptions s_schemas = new()
    {
        TransformSchemaNode = (context, schema) => context.TypeInfo.Type == typeof(FailureId) ? FailureId.AddTypeTo(schema) : schema,
    };

    /// <summary>
    /// Makes a tool of a method: the descriptions of the method and its parameters are the tool's, and its arguments are checked as those of a
    /// command are.
    /// </summary>
    /// <param name="method">Answers a <typeparamref name="TAnswer"/>, or a task of it.</param>
    /// <param name="name">As clients call it.</param>
    /// <param name="traits">What it does to the world.</param>
    /// <param name="show">How the answer is shown, when not as <see cref="Answer"/> does.</param>
    public static McpTool Create<TAnswer>(Delegate method, string name, CommandTraits traits, Func<TAnswer, CallToolResult>? show = null)
    {
        var function = AIFunctionFactory.Create(method, new AIFunctionFactoryOptions
        {
            Name = name,
            SerializerOptions = CommandJson.Answers,
            JsonSchemaCreateOptions = s_schemas,
            MarshalResult = (answer, _, _) => ValueTask.FromResult(answer),
        });
        var schema = new CommandSchema(function.JsonSchema, method.Method);
        return new McpTool(
            new Tool
            {
                Name = name,
                Description = function.Description,
                InputSchema = function.JsonSchema,
                OutputSchema = McpJson.SchemaOf<TAnswer>(),
                Annotations = AnnotationsOf(traits, openWorld: false),
            },
            traits.HasFlag(CommandTraits.ReadOnly) ? AccessRole.Read : AccessRole.Operate,
            async (given, cancellationToken) =>
            {
                var faults = new ArgumentFaults(name);
                var arguments = schema.Read(given, faults);
                if (faults.Found.Count > 0)
                {
                    throw new InvalidCommandException(faults.Found);
                }

                var answer = (TAnswer)(await function.InvokeAsync(arguments, cancellationToken))!;
                return show is null ? Answer(answer) : show(answer);
            });
    }

    /// <summary>A result in both forms: as structure, and as text for clients that know no structure.</summary>
    /// <param name="bare">The one field of the answer that is its text; the whole answer when <c>null</c>.</param>
    public static CallToolResult Answer<TAnswer>(TAnswer answer, string? bare = null)
    {
        var structure = McpJson.Write(answer);
        return new CallToolResult
        {
            StructuredContent = structure,
            Content = [Text(bare is null ? structure : structure.GetProperty(bare))],
        };
    }

    public static TextContentBlock Text(JsonElement json) => new() { Text = json.GetRawText() };

    public static ToolAnnotations AnnotationsOf(CommandTraits traits, bool openWorld) => new()
    {
        ReadOnlyHint = traits.HasFlag(CommandTraits.ReadOnly),
        IdempotentHint = (traits & (CommandTraits.ReadOnly | CommandTraits.Idempotent)) != 0,
        DestructiveHint = traits.HasFlag(CommandTraits.Destructive),
        OpenWorldHint = openWorld,
    };
}
