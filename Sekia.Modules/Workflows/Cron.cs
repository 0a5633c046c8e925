using System.Globalization;

namespace Sekia.Modules.Workflows;

/// <summary>
/// Times by the clock and the calendar, as <c>crontab</c> writes them: minute, hour, day of month, month, day of week (0 and 7 are Sunday),
/// each <c>*</c>, a number, a range, a list, with steps. When both days are restricted either is enough.
/// </summary>
internal sealed class Cron
{
    private static readonly (string Name, int Least, int Most)[] s_fields =
        [("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7)];

    private readonly ulong[] _allowed;
    private readonly bool _eitherDay;
    private readonly TimeZoneInfo _zone;

    private Cron(ulong[] allowed, bool eitherDay, TimeZoneInfo zone)
    {
        _allowed = allowed;
        _eitherDay = eitherDay;
        _zone = zone;
    }

    /// <exception cref="FormatException">It is not such an expression, or never comes; the message names the field.</exception>
    public static Cron Parse(string text, TimeZoneInfo zone)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != s_fields.Length)
        {
            throw new FormatException($"schedule '{text}' has {parts.Length} fields; it needs five: minute, hour, day of month, month, day of week");
        }

        var allowed = parts.Select((part, field) => Field(text, part, field)).ToArray();
        if ((allowed[4] & (1UL << 7)) != 0)
        {
            allowed[4] |= 1;
        }

        var cron = new Cron(allowed, parts[2] != "*" && parts[4] != "*", zone);
        return cron.NextLocal(new DateTime(2024, 1, 1)) is null ? throw new FormatException($"schedule '{text}' names a day that never comes") : cron;
    }

    /// <summary>The first time after another. A time that the clock skips in spring comes when the clock goes on; one that comes twice in autumn counts once.</summary>
    public DateTimeOffset After(DateTimeOffset time)
    {
        var local = TimeZoneInfo.ConvertTime(time, _zone).DateTime;
        while (true)
        {
            local = NextLocal(local)!.Value;
            var at = _zone.IsInvalidTime(local) ? local.AddHours(1) : local;
            var next = new DateTimeOffset(at, _zone.IsAmbiguousTime(at) ? _zone.GetAmbiguousTimeOffsets(at).Max() : _zone.GetUtcOffset(at));
            if (next > time)
            {
                return next.ToUniversalTime();
            }
        }
    }

    private static ulong Field(string text, string part, int field)
    {
        var (name, least, most) = s_fields[field];
        var allowed = 0UL;
        foreach (var item in part.Split(','))
        {
            var (range, step) = item.Split('/') switch
            {
                [var all] => (all, 1),
                [var some, var every] when int.TryParse(every, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 => (some, n),
                _ => throw Unfit(),
            };
            var (from, to) = range.Split('-') switch
            {
                ["*"] => (least, most),
                [var one] when int.TryParse(one, NumberStyles.None, CultureInfo.InvariantCulture, out var n) => (n, item.Contains('/', StringComparison.Ordinal) ? most : n),
                [var first, var last] when int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                    && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var m) => (n, m),
                _ => throw Unfit(),
            };
            if (from < least || to > most || from > to)
            {
                throw Unfit();
            }

            for (var value = from; value <= to; value += step)
            {
                allowed |= 1UL << value;
            }
        }

        return allowed;

        FormatException Unfit() => new($"schedule '{text}': '{part}' is no {name}; it is *, numbers from {least} to {most}, ranges 1-5, lists 1,3 and steps */10");
    }

    /// <summary>The first local time after another, by the calendar alone; <c>null</c> when there is none within eight years.</summary>
    private DateTime? NextLocal(DateTime after)
    {
        var time = after.AddMinutes(1).AddTicks(-(after.Ticks % TimeSpan.TicksPerMinute));
        var end = after.AddYears(8);
        while (time < end)
        {
            if (!Allows(3, time.Month))
            {
                time = new DateTime(time.Year, time.Month, 1).AddMonths(1);
            }
            else if (!AllowsDay(time))
            {
                time = time.Date.AddDays(1);
            }
            else if (!Allows(1, time.Hour))
            {
                time = time.Date.AddHours(time.Hour + 1);
            }
            else if (!Allows(0, time.Minute))
            {
                time = time.AddMinutes(1);
            }
            else
            {
                return time;
            }
        }

        return null;
    }

    private bool AllowsDay(DateTime time)
    {
        var (ofMonth, ofWeek) = (Allows(2, time.Day), Allows(4, (int)time.DayOfWeek));
        return _eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
    }

    private bool Allows(int field, int value) => (_allowed[field] & (1UL << value)) != 0;
}
