using System.Text.Json;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Security;

/// <summary>Makes of a command what goes out on the wire: signed and sealed when a secret is set, plain otherwise.</summary>
internal sealed class CommandSealer(LiveOptions<SecurityOptions> options, TimeProvider time)
{
    /// <summary>The envelope for one attempt; it may be delivered until <see cref="SecurityOptions.SignatureLifetime"/> has passed.</summary>
    /// <exception cref="InvalidCommandException">The payload cannot be signed: it has a number beyond a double.</exception>
    public CommandEnvelope Seal(Command command)
    {
        var settings = options.Current;
        var plain = new CommandEnvelope { Command = command.Name, Payload = command.Payload, Source = command.Source };
        if (string.IsNullOrEmpty(settings.CommandSecret))
        {
            return plain;
        }

        // Each sending has an id of its own: another one, by a retry or after a crash, is no replay. The count of attempts would not
        // do, for a retry begins it anew.
        var id = $"{command.Id}.{Guid.CreateVersion7():N}";
        var expires = (time.GetUtcNow() + settings.SignatureLifetime).ToUnixTimeSeconds();
        var signature = Sign(command, settings.CommandSecret);
        return plain with
        {
            Signature = signature,
            Id = id,
            Expires = expires,
            Seal = CommandSigner.Seal(command.Agent, id, expires, signature, settings.CommandSecret),
        };
    }

    private static string Sign(Command command, string secret)
    {
        try
        {
            return CommandSigner.Sign(command.Name, command.Payload, command.Source, secret);
        }
        catch (JsonException unfit)
        {
            throw new InvalidCommandException($"the payload of '{command.Name}' cannot be signed: {unfit.Message}");
        }
    }
}
