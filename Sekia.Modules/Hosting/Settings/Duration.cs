using System.Buffers;
using System.Globalization;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Durations as people write them: <c>00:00:30</c>, and <c>30s</c>, <c>1h30m</c>, <c>250ms</c> as the Go original takes them.</summary>
internal static class Duration
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    private static readonly (string Unit, TimeSpan Length)[] s_units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("us", TimeSpan.FromMicroseconds(1)),
        ("h", TimeSpan.FromHours(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
    ];

    /// <summary>A bare number is refused: .NET would take it for days, most people mean seconds.</summary>
    public static bool TryParse(string text, out TimeSpan value) =>
        text.Contains(':', StringComparison.Ordinal)
            ? TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)
            : TryParseUnits(text.Trim(), out value);

    private static bool TryParseUnits(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0
                || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                || UnitAt(rest[digits..]) is not { } unit
                || (count * unit.Length.TotalDays) > 36_500)
            {
                return false;
            }

            value += unit.Length * count;
            rest = rest[(digits + unit.Unit.Length)..];
        }

        return text.Length > 0;
    }

    private static (string Unit, TimeSpan Length)? UnitAt(ReadOnlySpan<char> text)
    {
        foreach (var unit in s_units)
        {
            if (text.StartsWith(unit.Unit, StringComparison.Ordinal))
            {
                return unit;
            }
        }

        return null;
    }
}
