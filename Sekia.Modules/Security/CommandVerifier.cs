using System.Text.Json;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Security;

/// <summary>
/// Decides whether a command that came in from outside the process may be carried out. Without a secret every command may, as in
/// the Go original; with one, only what its holder signed and sealed for this agent, once, and in time.
/// </summary>
internal sealed class CommandVerifier(LiveOptions<SecurityOptions> options, ReplayMemory memory, TimeProvider time)
{
    /// <summary>Judges a command. An accepted one is remembered, and refused when it comes again.</summary>
    /// <param name="agent">The agent on whose subject it came.</param>
    public CommandVerdict Verify(string agent, CommandEnvelope envelope)
    {
        var settings = options.Current;
        if (string.IsNullOrEmpty(settings.CommandSecret))
        {
            return new CommandVerdict(CommandTrust.Accepted, "");
        }

        var trust = TrustSignature(envelope, settings.CommandSecret);
        if (trust == CommandTrust.Accepted && (envelope.Seal.Length > 0 || !settings.AcceptUnsealed))
        {
            trust = TrustSeal(agent, envelope, settings.CommandSecret);
        }

        return new CommandVerdict(trust, Reason(trust, agent, envelope));
    }

    private static CommandTrust TrustSignature(CommandEnvelope envelope, string secret)
    {
        if (envelope.Signature.Length == 0)
        {
            return CommandTrust.Unsigned;
        }

        try
        {
            return CommandSigner.Verify(envelope, secret) ? CommandTrust.Accepted : CommandTrust.WrongSignature;
        }
        catch (JsonException)
        {
            // A payload without a canonical form cannot have been signed.
            return CommandTrust.WrongSignature;
        }
    }

    private CommandTrust TrustSeal(string agent, CommandEnvelope envelope, string secret)
    {
        if (envelope.Seal.Length == 0)
        {
            return CommandTrust.Unsealed;
        }

        if (!CommandSigner.VerifySeal(envelope, agent, secret))
        {
            return CommandTrust.WrongSeal;
        }

        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return envelope.Expires < now ? CommandTrust.Expired : memory.Add(agent, envelope.Id, envelope.Expires, now);
    }

    private string Reason(CommandTrust trust, string agent, CommandEnvelope envelope) => trust switch
    {
        CommandTrust.Accepted => "",
        CommandTrust.Unsigned => $"the command for '{agent}' is not signed; its sender needs the same Security:CommandSecret",
        CommandTrust.WrongSignature => $"the signature of the command for '{agent}' is wrong: another Security:CommandSecret, or altered on the way",
        CommandTrust.Unsealed => $"the command for '{agent}' is signed but not sealed; set Security:AcceptUnsealed to take it from such a sender",
        CommandTrust.WrongSeal => $"the seal of the command for '{agent}' is wrong: made for another agent, or altered on the way",
        CommandTrust.Expired => $"the command for '{agent}' expired at {DateTimeOffset.FromUnixTimeSeconds(envelope.Expires):u}; if it was just sent, compare the clocks",
        CommandTrust.Replayed => $"the command '{envelope.Id}' for '{agent}' was received before",
        CommandTrust.MemoryFull => $"the command for '{agent}' cannot be taken now: {memory.Capacity} others are still remembered against replay",
        _ => throw new ArgumentOutOfRangeException(nameof(trust), trust, "No such trust."),
    };
}
