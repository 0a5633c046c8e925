using System.Globalization;

namespace Sekia.Modules.Dashboard.Parts;

/// <summary>Figures as people say them.</summary>
internal static class Spoken
{
    private static readonly (long Milliseconds, string Unit)[] s_units =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")];

    /// <summary>How long ago, or in how long: <c>3 min ago</c>, <c>in 2 h</c>, <c>now</c>.</summary>
    /// <param name="at">Unix milliseconds.</param>
    /// <param name="now">Unix milliseconds.</param>
    public static string Ago(long at, long now)
    {
        var apart = Math.Abs(now - at);
        return apart < 1000 ? "now" : at <= now ? $"{Span(apart)} ago" : $"in {Span(apart)}";
    }

    /// <summary>A span of time in its greatest unit: <c>12 ms</c>, <c>3 min</c>, <c>2 d</c>.</summary>
    public static string Span(double milliseconds)
    {
        foreach (var (size, unit) in s_units)
        {
            if (milliseconds >= size)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{(long)milliseconds / size} {unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.#} ms");
    }

    /// <summary>An amount of memory: <c>12 KiB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024.0:0.#} MiB"),
    };

    /// <summary>A number with its thousands apart: <c>12,345</c>.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with its noun: <c>1 event</c>, <c>2 events</c>.</summary>
    public static string Count(long number, string one, string? many = null) => $"{Number(number)} {(number == 1 ? one : many ?? one + "s")}";

    /// <summary>A number that was counted no further than one beyond a bound, with its noun: <c>1,000+ runs</c>.</summary>
    public static string Bounded(long number, int most, string one) => number > most ? $"{Number(most)}+ {one}s" : Count(number, one);
}
