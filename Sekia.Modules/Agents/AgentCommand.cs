using System.ComponentModel;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Agents;

/// <summary>What carrying out a command does to the world. Decides what is safe to send again, and becomes the MCP annotations.</summary>
[Flags]
public enum CommandTraits
{
    /// <summary>It adds something, and once more if sent once more: a comment, a mail.</summary>
    None = 0,

    /// <summary>It changes nothing.</summary>
    ReadOnly = 1,

    /// <summary>Sending it twice leaves the world as sending it once does.</summary>
    Idempotent = 2,

    /// <summary>It may remove or overwrite something that cannot be brought back.</summary>
    Destructive = 4,
}

/// <summary>One thing that can be asked of an agent: a described method, its schema, and what it does to the world.</summary>
public sealed class AgentCommand
{
    private readonly Func<JsonElement, CommandTraits>? _traitsOfCall;

    private AgentCommand(AIFunction function, MethodInfo method, CommandTraits traits, Func<JsonElement, CommandTraits>? traitsOfCall)
    {
        Function = function;
        Arguments = new CommandSchema(function.JsonSchema, method);
        Traits = traits;
        _traitsOfCall = traitsOfCall;
        AsksForContext = method.GetParameters().Any(parameter => parameter.ParameterType == typeof(CommandContext));
    }

    public string Name => Function.Name;

    public string Description => Function.Description;

    /// <summary>JSON Schema of the payload: derived from the method's parameters and their descriptions.</summary>
    public JsonElement Schema => Function.JsonSchema;

    /// <summary>What the command does in general; a single call may be more harmless, see <see cref="TraitsOf"/>.</summary>
    public CommandTraits Traits { get; }

    /// <summary>The method behind it, for the AI, MCP and the dispatcher.</summary>
    public AIFunction Function { get; }

    /// <summary>The schema, made ready for <see cref="ArgumentCheck"/>.</summary>
    internal CommandSchema Arguments { get; }

    /// <summary>Whether the method asks for its <see cref="CommandContext"/>, which then must be on disk before the method is called.</summary>
    internal bool AsksForContext { get; }

    /// <summary>
    /// Makes a command of a method. The method and each parameter but the cancellation token and a <see cref="CommandContext"/> must
    /// carry a <see cref="DescriptionAttribute"/>.
    /// </summary>
    /// <param name="method">Returns the answer, or a task of it; the answer is written as JSON.</param>
    /// <param name="name">In snake_case.</param>
    /// <param name="traits">What it does to the world.</param>
    /// <param name="traitsOfCall">When that depends on the arguments: looks at a checked payload.</param>
    public static AgentCommand Create(Delegate method, string name, CommandTraits traits, Func<JsonElement, CommandTraits>? traitsOfCall = null)
    {
        var undescribed = method.Method.GetParameters()
            .FirstOrDefault(p => p.ParameterType != typeof(CancellationToken) && p.ParameterType != typeof(CommandContext) && p.GetCustomAttribute<DescriptionAttribute>() is null);
        if (undescribed is not null || method.Method.GetCustomAttribute<DescriptionAttribute>() is null)
        {
            throw new ArgumentException($"Command '{name}': add a [Description] to {(undescribed is null ? "its method" : $"parameter '{undescribed.Name}'")}.", nameof(method));
        }

        var function = AIFunctionFactory.Create(method, new AIFunctionFactoryOptions
        {
            Name = name,
            SerializerOptions = CommandJson.Answers,
            ConfigureParameterBinding = parameter => parameter.ParameterType == typeof(CommandContext) ? CommandContext.Binding : default,
        });
        return new AgentCommand(function, method.Method, traits, traitsOfCall);
    }

    /// <summary>Whether <see cref="TraitsOf"/> has to look at the payload.</summary>
    internal bool DependsOnCall => _traitsOfCall is not null;

    /// <summary>What this very call does to the world.</summary>
    public CommandTraits TraitsOf(JsonElement payload) => _traitsOfCall?.Invoke(payload) ?? Traits;

    /// <summary>Carries the command out. What the method throws comes out as it is.</summary>
    /// <param name="checkedArguments">From <see cref="ArgumentCheck.Read"/>.</param>
    /// <param name="context">Which command this is.</param>
    /// <returns>The answer as UTF-8 JSON; <c>null</c> when the method has none.</returns>
    public async Task<ReadOnlyMemory<byte>> InvokeAsync(AIFunctionArguments checkedArguments, CommandContext context, CancellationToken cancellationToken)
    {
        if (AsksForContext)
        {
            checkedArguments.Context = context.AsBag();
        }

        return await Function.InvokeAsync(checkedArguments, cancellationToken) switch
        {
            null => JsonText.Null,
            JsonElement answer => JsonMarshal.GetRawUtf8Value(answer).ToArray(),
            var answer => JsonSerializer.SerializeToUtf8Bytes(answer, CommandJson.Answers),
        };
    }
}
