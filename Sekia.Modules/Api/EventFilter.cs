using Microsoft.AspNetCore.Http;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Api;

/// <summary>Which events someone wants to see.</summary>
internal sealed class EventFilter
{
    private static readonly SubjectPattern s_all = SubjectPattern.Parse(">");

    public required SubjectPattern Pattern { get; init; }

    public string? Type { get; init; }

    public string? Source { get; init; }

    /// <exception cref="BadHttpRequestException">A parameter is unknown, or the pattern breaks a rule.</exception>
    public static EventFilter Of(ApiQuery query)
    {
        query.Check();
        var pattern = query.Text("subject");
        return pattern is not null && SubjectPattern.FaultOf(pattern) is { } fault
            ? throw new BadHttpRequestException($"Parameter 'subject': {fault}.")
            : new EventFilter { Pattern = pattern is null ? s_all : SubjectPattern.Parse(pattern), Type = query.Text("type"), Source = query.Text("source") };
    }

    /// <summary>Whether the subject matches; counts how many were asked about.</summary>
    public bool Matches(string subject, ref long seen)
    {
        seen++;
        return Pattern == s_all || Pattern.Matches(subject);
    }
}
