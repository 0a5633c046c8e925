namespace Sekia.Modules.Agents;

/// <summary>
/// A command is not one the agent can be given: its arguments do not fit, or its text cannot be read. The message lists every fault
/// and is fit for the asker. Sending the same again cannot help.
/// </summary>
public sealed class InvalidCommandException(params IReadOnlyList<string> faults) : Exception(string.Join("; ", faults))
{
    /// <summary>One sentence per fault.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
