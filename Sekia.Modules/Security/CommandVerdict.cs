namespace Sekia.Modules.Security;

/// <summary>What a verifier thinks of a command that came in.</summary>
internal enum CommandTrust
{
    Accepted,

    /// <summary>A secret is set here, and the command has no signature.</summary>
    Unsigned,

    /// <summary>Signed with another secret, or altered since.</summary>
    WrongSignature,

    /// <summary>Signed, but nothing says for whom, until when and which one it is.</summary>
    Unsealed,

    /// <summary>Sealed for another agent, or altered since.</summary>
    WrongSeal,

    Expired,

    /// <summary>It came in before.</summary>
    Replayed,

    /// <summary>Whether it came in before could not be remembered.</summary>
    MemoryFull,
}

/// <summary>A verifier's answer.</summary>
/// <param name="Reason">Why it is refused, in a sentence; empty when accepted.</param>
internal readonly record struct CommandVerdict(CommandTrust Trust, string Reason)
{
    public bool IsAccepted => Trust == CommandTrust.Accepted;
}
