namespace Sekia.Modules.Hosting;

/// <summary>A module's settings as they are now. Read <see cref="Current"/> at each use: a reload swaps it for another object as a whole.</summary>
/// <remarks>A reload that brings a faulty value changes nothing; the last good settings stay.</remarks>
public sealed class LiveOptions<TOptions>(TOptions initial)
    where TOptions : class
{
    private volatile TOptions _current = initial;

    public TOptions Current
    {
        get => _current;
        internal set => _current = value;
    }
}
