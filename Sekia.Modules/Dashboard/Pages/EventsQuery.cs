using System.Globalization;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary>What the visitor of the events asks for. Dates without a zone are UTC.</summary>
public sealed class EventsQuery
{
    public const int PageRows = 50;

    private static readonly string[] s_known = ["subject", "type", "source", "from", "to", "q", "before", "after"];

    public required EventSelection Selection { get; init; }

    /// <summary>What to look for in the text of events.</summary>
    public string? Text { get; init; }

    /// <summary>Unix milliseconds; accepted then or later.</summary>
    public long? From { get; init; }

    /// <summary>Unix milliseconds; accepted before.</summary>
    public long? To { get; init; }

    /// <summary>Only events with a smaller number: an older page.</summary>
    public long? Before { get; init; }

    /// <summary>Only events with a greater number: a newer page.</summary>
    public long? After { get; init; }

    /// <summary>Whether what comes in now belongs on this page.</summary>
    public bool IsLive => Before is null && After is null && To is null && Text is null;

    public bool HasFilter => Selection != new EventSelection() || From is not null || To is not null || Text is not null;

    /// <exception cref="BadHttpRequestException">A parameter is unknown or malformed.</exception>
    internal static EventsQuery Of(HttpRequest request)
    {
        var query = new ApiQuery(request, s_known);
        var filter = EventFilter.Of(query);
        return new EventsQuery
        {
            Selection = new EventSelection(query.Text("subject") is null ? null : filter.Pattern, filter.Type, filter.Source),
            Text = query.Text("q"),
            From = TimeOf(query, "from"),
            To = TimeOf(query, "to"),
            Before = query.Text("before") is null ? null : query.Number("before", 0, 1, long.MaxValue),
            After = query.Text("after") is null ? null : query.Number("after", 0, 0, long.MaxValue),
        };
    }

    /// <summary>Between which numbers the times lie, both not included.</summary>
    internal (long After, long Before) Bounds(JournalReader reader) =>
        (From is { } from ? reader.NumberAt(from) - 1 : 0, To is { } to ? reader.NumberAt(to) : long.MaxValue);

    private static long? TimeOf(ApiQuery query, string name)
    {
        if (query.Text(name) is not { } text)
        {
            return null;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time.ToUnixTimeMilliseconds()
            : throw new BadHttpRequestException($"Parameter '{name}' must be a time such as 2026-01-31T12:00, not '{Excerpt.Of(text)}'.");
    }
}
