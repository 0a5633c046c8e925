namespace Sekia.Modules.Agents;

/// <summary>What is wrong with one side of an agent, if anything is. Tells news from repetition, so that it is logged once.</summary>
internal sealed class Trouble
{
    private string? _reason;

    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Says what is wrong now, or with <c>null</c> that nothing is. Answers whether trouble has just begun or ended.</summary>
    /// <remarks>Of several who say so at the same time, one is told that it has just begun.</remarks>
    public bool Set(string? reason) => Interlocked.Exchange(ref _reason, reason) is null != reason is null;
}
