using System.Text;
using System.Text.Json;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Workflows;

/// <summary>The events that concern one workflow alone, so that whatever it does has an event as its cause.</summary>
internal static class WorkflowEvents
{
    public const string ScheduleFired = "workflow.schedule.fired";
    public const string RunRetried = "workflow.run.retried";

    /// <summary>Which schedule or run one of these events is about; 0 when it does not say.</summary>
    public static long NumberIn(Event evt)
    {
        using var payload = JsonDocument.Parse(evt.Payload);
        return payload.RootElement is { ValueKind: JsonValueKind.Object } fields
            && fields.TryGetProperty("number", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
    }

    /// <summary>The identity of the schedule that has fired; <c>null</c> when the event does not say, as before there were any.</summary>
    public static string? ScheduleIn(Event evt)
    {
        using var payload = JsonDocument.Parse(evt.Payload);
        return payload.RootElement is { ValueKind: JsonValueKind.Object } fields
            && fields.TryGetProperty("schedule", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary>A schedule is due. The key makes sure that it fires once, also over a restart.</summary>
    public static Event Fired(string workflow, Schedule schedule, DateTimeOffset due) => new()
    {
        Subject = Workflow.SubjectOf(workflow),
        Type = ScheduleFired,
        Source = "schedule",
        Key = $"{workflow}/{schedule.Identity}/{due.ToUnixTimeMilliseconds()}",
        Payload = Encoding.UTF8.GetBytes($$"""{"number":{{schedule.Number}},"schedule":"{{schedule.Identity}}","due":{{due.ToUnixTimeSeconds()}}}"""),
    };

    /// <summary>Someone wants a failed run tried again. The key makes one wish of a button that was pressed twice.</summary>
    public static Event Retried(string workflow, long run, string source) => new()
    {
        Subject = Workflow.SubjectOf(workflow),
        Type = RunRetried,
        Source = source,
        Key = $"{workflow}/retry/{run}",
        Payload = Encoding.UTF8.GetBytes($$"""{"number":{{run}}}"""),
    };
}
