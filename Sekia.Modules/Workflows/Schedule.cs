namespace Sekia.Modules.Workflows;

/// <summary>One <c>sekia.schedule</c> of a workflow.</summary>
/// <param name="Number">Its place among the workflow's schedules, from 1.</param>
/// <param name="When">As people read it.</param>
/// <param name="Next">From one time it is due to the next.</param>
/// <param name="CatchesUp">Whether a firing that was missed while the host was down takes place, once, when it is up again.</param>
/// <param name="Function">The script's function, as a reference in its state.</param>
internal sealed record Schedule(int Number, string When, Func<DateTimeOffset, DateTimeOffset> Next, bool CatchesUp, int Function)
{
    /// <summary>What it is known by over all versions of the file, see <see cref="Identities"/>: its times, whatever is done about those it misses.</summary>
    public string Identity { get; init; } = "";

    /// <summary>Fires at a steady interval.</summary>
    public static Func<DateTimeOffset, DateTimeOffset> Every(TimeSpan interval) => time => time + interval;

    /// <summary>When it is due after it has fired, or would have, at <paramref name="last"/>: of what lies before now, nothing.</summary>
    public DateTimeOffset After(DateTimeOffset last, DateTimeOffset now)
    {
        var due = Next(last);
        if (due > now)
        {
            return due;
        }

        // In steps, so that a steady interval stays where it began; from now on, when that would be too many.
        for (var step = 0; step < 10_000 && due <= now; step++)
        {
            due = Next(due);
        }

        return due > now ? due : Next(now);
    }
}
