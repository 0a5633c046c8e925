using System.Text;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Api;

/// <summary>All about one workflow.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Workflow">How it is doing; <c>null</c> when its file has never had a good version.</param>
/// <param name="Refused">Why its file does not load; <c>null</c> when it does.</param>
/// <param name="Running">The source of the version that runs; <c>null</c> when none does.</param>
/// <param name="File">The source as it stands in the file now; <c>null</c> when that cannot be read.</param>
/// <param name="FileDiffers">Whether the file holds something else than what runs.</param>
/// <param name="Handlers">What the version that runs registered with <c>sekia.on</c>.</param>
/// <param name="Schedules">What it registered with <c>sekia.schedule</c>.</param>
/// <param name="State">What it keeps under <c>sekia.state</c>, by key: the first of them.</param>
/// <param name="StateKeys">How many keys that are in all.</param>
public sealed record WorkflowDetails(
    string Name,
    WorkflowView? Workflow,
    string? Refused,
    WorkflowSource? Running,
    WorkflowSource? File,
    bool FileDiffers,
    IReadOnlyList<HandlerView> Handlers,
    IReadOnlyList<ScheduleView> Schedules,
    IReadOnlyList<StateValue> State,
    long StateKeys)
{
    private const int MaxKeys = 100;
    private const int MaxValueBytes = 4096;

    /// <exception cref="BadHttpRequestException">There is no such workflow.</exception>
    internal static WorkflowDetails Of(string name, WorkflowEngine engine, Timetable timetable, EventJournal journal)
    {
        var workflow = engine.Workflows.FirstOrDefault(one => one.Name == name);
        var refused = engine.Refused.GetValueOrDefault(name) ?? workflow?.LastLoadError;
        if (workflow is null && refused is null)
        {
            throw NoSuchWorkflow(name, engine);
        }

        var version = workflow?.Current;
        var file = FileOf(engine.Folder, name);
        var consumer = workflow?.Consumer?.Turn.Consumer ?? 0;
        return new WorkflowDetails(
            name,
            workflow is null ? null : WorkflowView.Of(workflow, journal.Head),
            refused,
            version is null ? null : WorkflowSource.Of(version.Source.Span),
            file,
            version is not null && file?.Version != version.Hash,
            [.. version?.Script.Handlers.Select(HandlerView.Of) ?? []],
            [.. version?.Script.Schedules.Select(schedule => ScheduleView.Of(schedule, timetable.NextDue(name, schedule))) ?? []],
            [.. journal.Reader.StateExcerpt(consumer, MaxKeys, MaxValueBytes).Select(StateValue.Of)],
            journal.Reader.CountState(consumer));
    }

    /// <summary>A refusal that says which workflows there are, or why this one is not loaded.</summary>
    internal static BadHttpRequestException NoSuchWorkflow(string name, WorkflowEngine engine) => new(
        engine.Refused.TryGetValue(name, out var why)
            ? $"The workflow '{name}' is not loaded: {why}"
            : $"There is no workflow '{Excerpt.Of(name)}'. GET /api/v1/workflows lists those there are.",
        StatusCodes.Status404NotFound);

    /// <summary>Only a name that the engine knows comes here, so it is that of a file in the folder.</summary>
    private static WorkflowSource? FileOf(string folder, string name)
    {
        try
        {
            return WorkflowSource.Of(System.IO.File.ReadAllBytes(Path.Combine(folder, name + ".lua")));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>A source of a workflow.</summary>
/// <param name="Version">Its SHA-256, in lowercase hex.</param>
/// <param name="Text">What is no UTF-8 in it is replaced.</param>
public sealed record WorkflowSource(string Version, string Text)
{
    internal static WorkflowSource Of(ReadOnlySpan<byte> source) => new(WorkflowVersion.HashOf(source), Encoding.UTF8.GetString(source));
}

/// <summary>One <c>sekia.on</c>.</summary>
/// <param name="Number">Its place among the workflow's handlers, from 1.</param>
/// <param name="Pattern">Which subjects.</param>
/// <param name="Types">Which event types; <c>null</c> for all.</param>
public sealed record HandlerView(int Number, string Pattern, IReadOnlyList<string>? Types)
{
    internal static HandlerView Of(Handler handler) => new(handler.Number, handler.Pattern.Text, handler.Types?.Types);
}

/// <summary>One <c>sekia.schedule</c>.</summary>
/// <param name="Number">Its place among the workflow's schedules, from 1.</param>
/// <param name="When">As the script says it: <c>every 60 s</c>, or five fields and the time zone.</param>
/// <param name="CatchesUp">Whether a firing that was missed takes place once afterwards.</param>
/// <param name="NextDue">When it fires next, in Unix milliseconds; <c>null</c> while the workflow is switched off.</param>
public sealed record ScheduleView(int Number, string When, bool CatchesUp, long? NextDue)
{
    internal static ScheduleView Of(Schedule schedule, DateTimeOffset? due) => new(schedule.Number, schedule.When, schedule.CatchesUp, due?.ToUnixTimeMilliseconds());
}

/// <summary>What a workflow keeps under a key.</summary>
/// <param name="Value">As JSON; the beginning of it as a text when it is long.</param>
/// <param name="Bytes">How long all of it is.</param>
public sealed record StateValue(string Key, RawJson? Value, string? Beginning, long Bytes)
{
    internal static StateValue Of(StateExcerpt entry) => entry.Bytes == entry.Value.Length
        ? new(entry.Key, new RawJson(entry.Value), null, entry.Bytes)
        : new(entry.Key, null, Encoding.UTF8.GetString(entry.Value.Span).TrimEnd('\uFFFD'), entry.Bytes);
}
