using System.Text.Json;
using Microsoft.Extensions.AI;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Agents;

/// <summary>Turns a command's payload into the arguments of its method, or says everything that is wrong with it.</summary>
public static class ArgumentCheck
{
    private static readonly JsonElement s_noArguments = JsonElement.Parse("{}");

    /// <summary>
    /// Checks a payload against the command's schema and binds it. The arguments are ready for <see cref="AgentCommand.InvokeAsync"/>;
    /// those the payload leaves out have the method's defaults.
    /// </summary>
    /// <param name="payload">UTF-8 JSON: an object, or <c>null</c> for no arguments. Of a key that occurs twice the last counts.</param>
    /// <exception cref="InvalidCommandException">
    /// The payload does not fit. Each fault names its argument by path (<c>fields[2].text</c>) and what was expected; the payload's
    /// values are not shown, but for whole numbers and choices.
    /// </exception>
    public static AIFunctionArguments Read(AgentCommand command, ReadOnlyMemory<byte> payload) => Bind(command, Parse(command.Name, payload));

    /// <inheritdoc cref="Read"/>
    /// <param name="payload">From <see cref="Parse"/>.</param>
    internal static AIFunctionArguments Bind(AgentCommand command, JsonElement payload)
    {
        var faults = new ArgumentFaults(command.Name);
        var arguments = command.Arguments.Read(payload, faults);
        return faults.Found.Count == 0 ? arguments : throw new InvalidCommandException(faults.Found);
    }

    /// <summary>A payload as the command's method gets to see it.</summary>
    /// <exception cref="InvalidCommandException">It is no JSON object.</exception>
    internal static JsonElement Parse(string command, ReadOnlyMemory<byte> payload)
    {
        if (JsonText.FaultOfObject(payload.Span) is { } fault)
        {
            throw new InvalidCommandException($"the payload of '{command}' is refused: {fault}");
        }

        var parsed = JsonElement.Parse(LoneSurrogates.Replace(payload).Span);
        return parsed.ValueKind == JsonValueKind.Null ? s_noArguments : parsed;
    }
}
