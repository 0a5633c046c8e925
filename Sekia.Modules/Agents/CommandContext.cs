using Microsoft.Extensions.AI;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Agents;

/// <summary>
/// Which command a method carries out, and whether it may have done so before. A method that has a parameter of this type is given it;
/// it is no argument, and not in the schema.
/// </summary>
/// <remarks>
/// For a command whose repetition the outside system does not recognise: the agent leaves <see cref="Id"/> there, and before it sends
/// once more, looks for it. Such a command can then be called <see cref="CommandTraits.Idempotent"/>. So that a crash is not taken for a
/// first attempt, the beginning of each attempt is on disk before the method is called.
/// </remarks>
/// <param name="Id">The journal's id of the command, the same at every attempt.</param>
/// <param name="AcceptedAt">When the journal accepted it: nothing was sent before.</param>
/// <param name="BegunBefore">When the last earlier attempt began, whatever came of it; <c>null</c> when this is surely the first.</param>
public sealed record CommandContext(string Id, DateTimeOffset AcceptedAt, DateTimeOffset? BegunBefore)
{
    /// <summary>Gives a method its context, and keeps it out of the schema.</summary>
    internal static AIFunctionFactoryOptions.ParameterBindingOptions Binding { get; } = new()
    {
        ExcludeFromSchema = true,
        BindParameter = (_, arguments) => arguments.Context?[typeof(CommandContext)],
    };

    /// <summary>For an attempt that is to begin now.</summary>
    internal static CommandContext Of(Command command) =>
        new(command.Id, DateTimeOffset.FromUnixTimeMilliseconds(command.AcceptedAt), command.StartedAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);

    internal Dictionary<object, object?> AsBag() => new() { [typeof(CommandContext)] = this };
}
