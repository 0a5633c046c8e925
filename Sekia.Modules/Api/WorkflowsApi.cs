using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Api;

/// <summary><c>/api/v1/workflows</c>, <c>/api/v1/runs</c> and <c>/api/v1/failures</c>: what runs, what ran, and what to do about what failed.</summary>
internal sealed class WorkflowsApi(WorkflowEngine engine, Timetable timetable, EventJournal journal, EventBus bus)
{
    /// <summary>How many dead letters one call retries.</summary>
    private const int MaxRetries = 1000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/workflows", (WorkflowsApi workflows) => ApiJson.Answer(workflows.List()))
            .WithMetadata(new RouteDescription("Lists the workflows, and the files that were refused") { Answer = ApiJson.Readable.WorkflowList });
        api.MapGet("/workflows/{name}", (string name, WorkflowsApi workflows) => ApiJson.Answer(workflows.Details(name)))
            .WithMetadata(new RouteDescription("Shows a workflow: its source, its handlers, what it keeps") { Answer = ApiJson.Readable.WorkflowDetails, Refusals = [404] });
        api.MapPost("/workflows/{name}/enable", async (string name, WorkflowsApi workflows, CancellationToken cancellationToken) => ApiJson.Answer(await workflows.SwitchAsync(name, on: true, cancellationToken)))
            .WithMetadata(new RouteDescription("Switches a workflow on: it goes on with the events that waited") { Answer = ApiJson.Readable.WorkflowView, Refusals = [404, 503] });
        api.MapPost("/workflows/{name}/disable", async (string name, WorkflowsApi workflows, CancellationToken cancellationToken) => ApiJson.Answer(await workflows.SwitchAsync(name, on: false, cancellationToken)))
            .WithMetadata(new RouteDescription("Switches a workflow off: it keeps its place, and its events wait") { Answer = ApiJson.Readable.WorkflowView, Refusals = [404, 503] });
        api.MapPost("/workflows/reload", async (WorkflowsApi workflows, CancellationToken cancellationToken) => ApiJson.Answer(await workflows.ReloadAsync(cancellationToken)))
            .WithMetadata(new RouteDescription("Reads the files of the workflows again") { Answer = ApiJson.Readable.Reloaded, Refusals = [409] });
        api.MapGet("/runs", (HttpRequest request, WorkflowsApi workflows) => workflows.Runs(request))
            .WithMetadata(new RouteDescription("Lists runs, the newest first")
            {
                Answer = ApiJson.Readable.RunPage,
                Query = [new("workflow", "Only those of this workflow"), new("outcome", "ok or failed"), ApiQuery.BeforeParameter, ApiQuery.LimitParameter],
                Refusals = [400],
            });
        api.MapGet("/failures", (HttpRequest request, WorkflowsApi workflows) => workflows.Failures(request))
            .WithMetadata(new RouteDescription("Lists failed runs that wait for a decision") { Answer = ApiJson.Readable.RunPage, Query = [new("workflow", "Only those of this workflow"), ApiQuery.BeforeParameter, ApiQuery.LimitParameter], Refusals = [400] });
        api.MapPost("/failures/{id:long}/retry", async (long id, WorkflowsApi workflows, CancellationToken cancellationToken) =>
            ApiJson.Answer(await workflows.RetryAsync(id, source: "api", cancellationToken), StatusCodes.Status202Accepted))
            .WithMetadata(new RouteDescription("Runs a failed run again") { Answer = ApiJson.Readable.Counted, Status = StatusCodes.Status202Accepted, Refusals = [404, 409, 503] });
        api.MapPost("/failures/{id:long}/dismiss", async (long id, WorkflowsApi workflows, CancellationToken cancellationToken) => ApiJson.Answer(await workflows.DismissAsync(id, cancellationToken)))
            .WithMetadata(new RouteDescription("Lets a failed run rest") { Answer = ApiJson.Readable.Counted, Refusals = [404, 503] });
        api.MapPost("/failures/retry", (HttpRequest request, WorkflowsApi workflows, CancellationToken cancellationToken) => workflows.RetryAllAsync(request, cancellationToken))
            .WithMetadata(new RouteDescription("Runs all failed runs again, or those of a workflow") { Answer = ApiJson.Readable.Counted, Status = StatusCodes.Status202Accepted, Query = [new("workflow", "Only those of this workflow")], Refusals = [400, 404, 409, 503] });
        api.MapPost("/failures/dismiss", (HttpRequest request, WorkflowsApi workflows, CancellationToken cancellationToken) => workflows.DismissAllAsync(request, cancellationToken))
            .WithMetadata(new RouteDescription("Lets all failed runs rest, or those of a workflow") { Answer = ApiJson.Readable.Counted, Query = [new("workflow", "Only those of this workflow")], Refusals = [400, 404, 503] });
    }

    public WorkflowList List() => new(
        [.. engine.Workflows.Select(workflow => WorkflowView.Of(workflow, journal.Head))],
        [.. engine.Refused.Select(refused => new RefusedWorkflow(refused.Key, refused.Value))]);

    /// <exception cref="BadHttpRequestException">There is no such workflow.</exception>
    public WorkflowDetails Details(string name) => WorkflowDetails.Of(name, engine, timetable, journal);

    /// <summary>Switches a workflow on or off.</summary>
    /// <exception cref="BadHttpRequestException">There is none, or its file has never loaded.</exception>
    public async Task<WorkflowView> SwitchAsync(string name, bool on, CancellationToken cancellationToken) =>
        await engine.SwitchAsync(name, on, cancellationToken) is { } workflow
            ? WorkflowView.Of(workflow, journal.Head)
            : throw WorkflowDetails.NoSuchWorkflow(name, engine);

    /// <exception cref="BadHttpRequestException">The folder cannot be read.</exception>
    public async Task<Reloaded> ReloadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (loaded, refused, stopped) = await engine.ReloadAsync(cancellationToken);
            return new Reloaded("reloaded", loaded, [.. refused.Select(file => new RefusedWorkflow(file.Key, file.Value))], stopped);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new BadHttpRequestException($"The workflows run on as they are: {fault.Message}", StatusCodes.Status409Conflict);
        }
    }

    private JsonHttpResult<RunPage> Runs(HttpRequest request)
    {
        var query = new ApiQuery(request, "workflow", "outcome", "before", "limit");
        query.Check();
        RunOutcome? outcome = query.Text("outcome") switch
        {
            null => null,
            "ok" => RunOutcome.Ok,
            "failed" => RunOutcome.Failed,
            var other => throw new BadHttpRequestException($"There is no outcome '{other}'; the outcomes are ok and failed."),
        };
        return ApiJson.Answer(Runs(query.Text("workflow"), outcome, Before(query), query.Limit()));
    }

    private JsonHttpResult<RunPage> Failures(HttpRequest request)
    {
        var query = new ApiQuery(request, "workflow", "before", "limit");
        query.Check();
        return ApiJson.Answer(Failures(query.Text("workflow"), Before(query), query.Limit()));
    }

    /// <summary>The newest runs.</summary>
    public RunPage Runs(string? workflow, RunOutcome? outcome, long before, int limit)
    {
        var (runs, next) = journal.Reader.Runs(workflow is null ? null : Workflow.SourceOf(workflow), outcome, before, limit);
        return new RunPage([.. runs.Select(RunView.Of)], next);
    }

    /// <summary>The newest failed runs.</summary>
    public RunPage Failures(string? workflow, long before, int limit)
    {
        var runs = journal.Reader.FailedRuns(workflow is null ? null : Workflow.SourceOf(workflow), before, limit);
        return new RunPage([.. runs.Select(RunView.Of)], runs.Count == limit ? runs[^1].Id : null);
    }

    /// <summary>Has a failed run tried again.</summary>
    /// <param name="source">Who wants it.</param>
    /// <returns>One, or none when it was asked for already and has yet to happen.</returns>
    /// <exception cref="BadHttpRequestException">There is none, or its workflow is not loaded.</exception>
    public async Task<Counted> RetryAsync(long id, string source, CancellationToken cancellationToken)
    {
        var failed = journal.Reader.FailedRun(id) ?? throw NoSuchFailure(id);
        return new Counted(await PublishAsync([failed], source, cancellationToken));
    }

    private async Task<IResult> RetryAllAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var query = new ApiQuery(request, "workflow");
        query.Check();
        return ApiJson.Answer(await RetryAllAsync(Decided(query), source: "api", cancellationToken), StatusCodes.Status202Accepted);
    }

    /// <summary>Has failed runs tried again, or lets them rest; those that wait for no decision any more are passed over.</summary>
    /// <param name="source">Who wants it.</param>
    /// <returns>How many.</returns>
    /// <exception cref="BadHttpRequestException">None can be tried again, for their workflows are not loaded.</exception>
    public async Task<int> DecideAsync(IReadOnlyList<long> runs, bool isRetry, string source, CancellationToken cancellationToken)
    {
        if (!isRetry)
        {
            return await journal.CommitAsync(new DismissRunsOf(runs), cancellationToken);
        }

        var failed = runs.Order().Select(journal.Reader.FailedRun).OfType<RunRecord>().ToList();
        return await PublishAsync(failed, source, cancellationToken);
    }

    /// <summary>Has the failed runs of a workflow, or of all, tried again: the newest thousand.</summary>
    /// <returns>How many; those that were asked for already are not counted again, and those whose workflows are not loaded are left as they are.</returns>
    /// <exception cref="BadHttpRequestException">None can be tried again, for their workflows are not loaded.</exception>
    public async Task<Counted> RetryAllAsync(string? workflow, string source, CancellationToken cancellationToken)
    {
        var failed = journal.Reader.FailedRuns(workflow is null ? null : Workflow.SourceOf(workflow), long.MaxValue, MaxRetries);
        return new Counted(await PublishAsync(failed.OrderBy(run => run.Id), source, cancellationToken));
    }

    /// <summary>Lets a failed run rest.</summary>
    /// <exception cref="BadHttpRequestException">There is none.</exception>
    public async Task<Counted> DismissAsync(long id, CancellationToken cancellationToken) =>
        await journal.CommitAsync(new DismissRuns(id, consumer: null), cancellationToken) == 0 ? throw NoSuchFailure(id) : new Counted(1);

    /// <summary>Lets the failed runs of a workflow, or of all, rest.</summary>
    public async Task<Counted> DismissAllAsync(string? workflow, CancellationToken cancellationToken) =>
        new(await journal.CommitAsync(new DismissRuns(run: null, workflow is null ? null : Workflow.SourceOf(workflow)), cancellationToken));

    private async Task<IResult> DismissAllAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var query = new ApiQuery(request, "workflow");
        query.Check();
        return ApiJson.Answer(await DismissAllAsync(Decided(query), cancellationToken));
    }

    /// <summary>The workflow whose failures are decided about; <c>null</c> for all.</summary>
    /// <exception cref="BadHttpRequestException">There is none of this name, and none of its failures.</exception>
    private string? Decided(ApiQuery query) =>
        query.TextUnlessEmpty("workflow") is not { } name || engine.Workflows.Any(workflow => workflow.Name == name) || engine.Refused.ContainsKey(name)
            || journal.Reader.FailedRuns(Workflow.SourceOf(name), long.MaxValue, limit: 1).Count > 0
            ? query.Text("workflow")
            : throw new BadHttpRequestException($"There is no workflow '{Excerpt.Of(name)}', and no failure of one. GET /api/v1/workflows and GET /api/v1/failures list those there are.", StatusCodes.Status404NotFound);

    /// <returns>How many wishes are new.</returns>
    private async Task<int> PublishAsync(IEnumerable<RunRecord> failed, string source, CancellationToken cancellationToken)
    {
        var loaded = engine.Workflows.Select(workflow => workflow.Name).ToHashSet(StringComparer.Ordinal);
        var known = failed.ToLookup(run => loaded.Contains(RunView.WorkflowOf(run)));
        if (!known.Contains(true) && known[false].FirstOrDefault() is { } lost)
        {
            throw CannotRun(RunView.WorkflowOf(lost));
        }

        Event[] wishes = [.. known[true].Select(run => WorkflowEvents.Retried(RunView.WorkflowOf(run), run.Id, source))];
        return wishes.Length == 0 ? 0 : (await bus.PublishAsync(wishes, cancellationToken)).Count(accepted => !accepted.Duplicate);
    }

    /// <summary>Nobody would read the wish until there is such a workflow again.</summary>
    private BadHttpRequestException CannotRun(string workflow) => new(
        engine.Refused.TryGetValue(workflow, out var why)
            ? $"Workflow '{workflow}' is not loaded, so nothing of it can be tried again: {why.TrimEnd('.')}. Correct its file, or dismiss the failure."
            : $"Workflow '{workflow}' has no file any more, so nothing of it can be tried again. Put {workflow}.lua back, or dismiss the failure.",
        StatusCodes.Status409Conflict);

    private static long Before(ApiQuery query) => query.Number("before", absent: long.MaxValue, least: 1, most: long.MaxValue);

    private static BadHttpRequestException NoSuchFailure(long id) => new(
        string.Create(CultureInfo.InvariantCulture, $"There is no failure {id}: it may have been retried or dismissed. GET /api/v1/failures lists those there are."),
        StatusCodes.Status404NotFound);
}

/// <param name="Workflows">Those that run.</param>
/// <param name="Refused">Files that have never had a good version.</param>
public sealed record WorkflowList(IReadOnlyList<WorkflowView> Workflows, IReadOnlyList<RefusedWorkflow> Refused);

public sealed record RefusedWorkflow(string Name, string Error);

/// <summary>A workflow as the API shows it. The first seven fields are those of the Go original.</summary>
/// <param name="State"><c>running</c>; <c>degraded</c> when the newest version of its file does not load, and the one before runs; <c>disabled</c>.</param>
/// <param name="DisabledAt">Since when it is switched off, in Unix milliseconds.</param>
public sealed record WorkflowView(
    string Name,
    string FilePath,
    int Handlers,
    IReadOnlyList<string> Patterns,
    string LoadedAt,
    long Events,
    long Errors,
    string Version,
    long Position,
    long Lag,
    long Delivered,
    long Ok,
    long Failed,
    long Waiting,
    string? LastError,
    string? LoadError,
    long MemoryBytes,
    int Wedged,
    string State,
    long? DisabledAt)
{
    internal static WorkflowView Of(Workflow workflow, long head)
    {
        var version = workflow.Current;
        var sums = workflow.Consumer?.Sums ?? default;
        var position = workflow.Consumer?.Position ?? 0;
        return new WorkflowView(
            workflow.Name,
            version?.Path ?? "",
            version?.Script.Handlers.Count ?? 0,
            [.. version?.Patterns.Select(pattern => pattern.Text) ?? []],
            workflow.LoadedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            sums.Ok + sums.Failed,
            sums.Failed,
            version?.Hash ?? "",
            position,
            sums.Waiting == 0 ? 0 : head - position,
            sums.Delivered,
            sums.Ok,
            sums.Failed,
            sums.Waiting,
            workflow.LastError,
            workflow.LastLoadError,
            version?.UsedBytes ?? 0,
            workflow.Wedged,
            workflow.DisabledAt is not null ? "disabled" : workflow.LastLoadError is not null ? "degraded" : "running",
            workflow.DisabledAt);
    }
}

/// <summary>What came of reading the files again.</summary>
/// <param name="Loaded">The workflows that are new or have a new version.</param>
/// <param name="Refused">The files that cannot be loaded; of those that were good before, the last good version goes on.</param>
/// <param name="Stopped">The workflows whose files are gone.</param>
internal sealed record Reloaded(string Status, IReadOnlyList<string> Loaded, IReadOnlyList<RefusedWorkflow> Refused, IReadOnlyList<string> Stopped);
