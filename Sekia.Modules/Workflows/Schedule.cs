namespace Sekia.Modules.Workflows;

/// <summary>One <c>sekia.schedule</c> of a workflow.</summary>
/// <param name="Number">Its place among the workflow's schedules, from 1.</param>
/// <param name="Interval">From one firing to the next.</param>
/// <param name="Function">The script's function, as a reference in its state.</param>
internal sealed record Schedule(int Number, TimeSpan Interval, int Function)
{
    /// <summary>The first time after <paramref name="now"/> in steps of the interval from <paramref name="last"/>: what was missed is skipped.</summary>
    public DateTimeOffset After(DateTimeOffset last, DateTimeOffset now)
    {
        var steps = Math.Max(0, Math.Floor((now - last) / Interval));
        return last + (Interval * (steps + 1));
    }
}
