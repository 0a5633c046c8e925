namespace Sekia.Modules.Workflows;

/// <summary>
/// Where runs go that take long: they take turns on all cores but one, so that the short ones always find one. Nothing a script does
/// can slow down the other workflows by more.
/// </summary>
internal sealed class LongRuns : IDisposable
{
    /// <summary>How long a run has a thread before it is sent here, and each time from then on.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim _places = new(Math.Max(1, Environment.ProcessorCount - 1));

    /// <summary>Waits for a place, first come, first served.</summary>
    public Task EnterAsync(CancellationToken cancellationToken) => _places.WaitAsync(cancellationToken);

    public void Leave() => _places.Release();

    public void Dispose() => _places.Dispose();
}
