namespace Sekia.Modules.Agents;

/// <summary>What is wrong with one side of an agent, if anything is. Tells news from repetition, so that it is logged once.</summary>
internal sealed class Trouble
{
    private volatile string? _reason;

    public string? Reason => _reason;

    /// <summary>Says what is wrong now, or with <c>null</c> that nothing is. Answers whether trouble has just begun or ended.</summary>
    public bool Set(string? reason)
    {
        var before = _reason;
        _reason = reason;
        return before is null != reason is null;
    }
}
