namespace Sekia.Modules.Agents;

/// <summary>Tells whether a loop turns: it rests, or has been at its present turn for no longer than a limit.</summary>
internal sealed class LoopPulse(TimeProvider clock, Func<TimeSpan> limit)
{
    private const long Resting = 0;

    private long _busySince = Resting;

    public bool IsTurning =>
        Interlocked.Read(ref _busySince) is var since && (since == Resting || clock.GetElapsedTime(since) <= limit());

    /// <summary>Begins a turn; dispose to end it.</summary>
    public IDisposable Turn()
    {
        Interlocked.Exchange(ref _busySince, Math.Max(1, clock.GetTimestamp()));
        return new End(this);
    }

    private sealed class End(LoopPulse pulse) : IDisposable
    {
        public void Dispose() => Interlocked.Exchange(ref pulse._busySince, Resting);
    }
}
