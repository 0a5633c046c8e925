namespace Sekia.Modules.Workflows;

/// <summary>
/// Gives the pool a thread for each that somebody keeps, so that the others find theirs at once. The pool belongs to the process and not
/// to one of its hosts, of which there may be several: what each keeps is added up.
/// </summary>
internal sealed class KeptThreads : IDisposable
{
    private static readonly Lock s_gate = new();

    private int _kept;

    /// <summary>Says how many are kept from now on.</summary>
    public void Set(int kept)
    {
        lock (s_gate)
        {
            ThreadPool.GetMinThreads(out var least, out var ports);
            if (kept != _kept && ThreadPool.SetMinThreads(least + kept - _kept, ports))
            {
                _kept = kept;
            }
        }
    }

    public void Dispose() => Set(0);
}
