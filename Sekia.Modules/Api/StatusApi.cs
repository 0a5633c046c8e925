using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Api;

/// <summary><c>/api/v1/status</c>, <c>/api/v1/agents</c> and <c>/api/v1/config/reload</c>: how the host and its agents are doing.</summary>
internal sealed class StatusApi(
    EventJournal journal, AgentRegistry registry, DryRunSwitch dryRuns, IEnumerable<WorkflowEngine> engines, LiveFeed feed, SettingsReload settings, TimeProvider clock)
{
    private const int MaxCounted = 100_000;

    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/status", (StatusApi status) => ApiJson.Answer(status.Status()))
            .WithMetadata(new RouteDescription("Tells how the host is doing") { Answer = ApiJson.Readable.StatusView });
        api.MapGet("/agents", (StatusApi status) => ApiJson.Answer(status.Agents()))
            .WithMetadata(new RouteDescription("Lists the agents, and their commands with schemas") { Answer = ApiJson.Readable.AgentList });
        api.MapPost("/agents/{name}/dry-run", (string name, HttpRequest request, StatusApi status, CancellationToken cancellationToken) => status.SwitchAsync(name, request, cancellationToken))
            .WithMetadata(new RouteDescription("Switches the dry run of an agent, over its settings")
            {
                Answer = ApiJson.Readable.AgentView,
                Body = [new("on", "true: nothing is sent; false: commands are sent, unless Agents:DryRun is on or the agent cannot; null: as the settings say", "boolean")],
                Refusals = [400, 404, 413, 503],
            });
        api.MapPost("/config/reload", (HttpRequest request, StatusApi status) => status.Reload(request))
            .WithMetadata(new RouteDescription("Reads the settings again") { Answer = ApiJson.Readable.ReloadRequested, Query = [new("target", "Whom the message on the bus names: an agent, sekiad for the host, or * for all")], Refusals = [400] });
    }

    public StatusView Status()
    {
        var tallies = journal.Tallies;
        var unavailable = journal.UnavailableBecause;
        return new StatusView(
            unavailable is null ? "ok" : "degraded",
            unavailable,
            HostVersion.Text,
            GoDuration(clock.GetUtcNow() - _startedAt),
            _startedAt.ToString("O", CultureInfo.InvariantCulture),
            NatsRunning: false,
            registry.Agents.Count,

            // None when workflows are switched off.
            engines.Sum(engine => engine.Workflows.Count),
            new EventSums(tallies.Events, journal.Head),
            CommandStatusNames.All.ToDictionary(name => name, name => tallies.Commands(CommandStatusNames.Parse(name)!.Value)),
            Attention(),
            [.. journal.Consumers.OrderBy(consumer => consumer.Name, StringComparer.Ordinal).Select(ConsumerView.Of)]);
    }

    private AttentionView Attention()
    {
        var (runs, failed, uncertain) = journal.Reader.CountDead(MaxCounted);
        return new AttentionView(
            runs,
            failed,
            uncertain,
            ForNobody(MaxCounted).Sum(agent => agent.Count),
            engines.Sum(engine => engine.Refused.Count + engine.Workflows.Count(workflow => workflow.LastLoadError is not null)),
            engines.Sum(engine => engine.Workflows.Count(workflow => workflow.DisabledAt is not null)));
    }

    /// <summary>How many commands wait for agents that this host does not have, by name; counted no further than a bound in all.</summary>
    public IReadOnlyList<(string Agent, long Count)> ForNobody(int most) => journal.Reader.CountForNobody(name => registry.Find(name) is not null, most);

    public AgentList Agents()
    {
        var waiting = journal.Reader.CountPending();
        return new([.. registry.Agents.OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => View(entry, waiting))]);
    }

    /// <exception cref="BadHttpRequestException">There is no such agent.</exception>
    public AgentView Agent(string name) => View(Entry(name), journal.Reader.CountPending());

    private AgentEntry Entry(string name) => registry.Find(name) ?? throw new BadHttpRequestException(
        $"There is no agent '{Excerpt.Of(name)}'. GET /api/v1/agents lists those there are.", StatusCodes.Status404NotFound);

    private AgentView View(AgentEntry entry, Dictionary<string, long> waiting) =>
        AgentView.Of(entry, journal.Reader.Cursor(entry.Name), waiting.GetValueOrDefault(entry.Name));

    /// <summary>Switches the dry run of an agent by hand; with <c>null</c> its settings count again.</summary>
    /// <exception cref="BadHttpRequestException">There is no such agent.</exception>
    public async Task<AgentView> SwitchAsync(string name, bool? on, CancellationToken cancellationToken)
    {
        await dryRuns.SetAsync(Entry(name), on, cancellationToken);
        return Agent(name);
    }

    private async Task<IResult> SwitchAsync(string name, HttpRequest request, CancellationToken cancellationToken)
    {
        const int MostBytes = 1024;
        if (await RequestBody.ReadAsync(request, MostBytes, cancellationToken) is not { } body)
        {
            return ApiJson.Refusal(StatusCodes.Status413PayloadTooLarge, $"The body is too large; it has at most {MostBytes} bytes.");
        }

        return RequestFields.Parse(body, "on", []).TryFlag("on", out var on)
            ? ApiJson.Answer(await SwitchAsync(name, on, cancellationToken))
            : throw new BadHttpRequestException("""Field 'on' is missing. Send {"on": true}, {"on": false}, or {"on": null}, with which the settings count again.""");
    }

    private IResult Reload(HttpRequest request)
    {
        var query = new ApiQuery(request, "target");
        query.Check();
        var target = query.Text("target") ?? "*";
        if (target is not ("*" or "sekiad") && registry.Find(target) is null)
        {
            var agents = string.Join(", ", registry.Agents.Select(entry => entry.Name).Order(StringComparer.Ordinal));
            return ApiJson.Refusal(StatusCodes.Status400BadRequest, $"There is no target '{target}'. The targets are '*' for all, sekiad for the host, and the agents: {agents}.");
        }

        // Here, and not where the message is heard: whoever asks is to know what came of it.
        var (isTaken, detail) = settings.Reload();
        if (isTaken)
        {
            feed.Publish(new Message(target == "*" ? Subject.ConfigReload : $"{Subject.ConfigReload}.{target}", ReadOnlyMemory<byte>.Empty));
        }

        return ApiJson.Answer(new ReloadRequested("reload_requested", target, isTaken, detail));
    }

    /// <summary>A duration as Go prints it, which the original's users read: <c>1h2m3s</c>.</summary>
    private static string GoDuration(TimeSpan span) =>
        span.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalHours}h{span.Minutes}m{span.Seconds}s")
        : span.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}m{span.Seconds}s")
        : string.Create(CultureInfo.InvariantCulture, $"{span.Seconds}s");
}

/// <summary>How the host is doing.</summary>
/// <param name="Status"><c>ok</c>, or <c>degraded</c> with a reason.</param>
/// <param name="NatsRunning">Whether a bridge to NATS is up, which the original always had; this one needs none.</param>
/// <param name="Commands">How many commands have come to each status, over the journal's life.</param>
/// <param name="Attention">What waits for somebody.</param>
/// <param name="Consumers">Of each open consumer: <c>delivered = ok + failed + waiting</c>.</param>
public sealed record StatusView(
    string Status,
    string? Reason,
    string Version,
    string Uptime,
    string StartedAt,
    bool NatsRunning,
    int AgentCount,
    int WorkflowCount,
    EventSums Events,
    IReadOnlyDictionary<string, long> Commands,
    AttentionView Attention,
    IReadOnlyList<ConsumerView> Consumers);

/// <summary>What waits for somebody to decide, or to mend it.</summary>
/// <param name="FailedRuns">Failed runs that have been neither retried nor dismissed.</param>
/// <param name="FailedCommands">The same of commands.</param>
/// <param name="UncertainCommands">Commands of which nobody knows whether they were carried out.</param>
/// <param name="CommandsWithoutAgent">Commands that wait for an agent of a name that none has.</param>
/// <param name="WorkflowsRefused">Files that do not load; of some of them an older version runs.</param>
/// <param name="WorkflowsOff">Workflows that are switched off.</param>
public sealed record AttentionView(long FailedRuns, long FailedCommands, long UncertainCommands, long CommandsWithoutAgent, int WorkflowsRefused, int WorkflowsOff);

/// <summary>Events accepted in the journal's life, and the number of the last.</summary>
public sealed record EventSums(long Accepted, long Head);

public sealed record ConsumerView(string Name, IReadOnlyList<string> Patterns, long Position, long Delivered, long Ok, long Failed, long Waiting)
{
    internal static ConsumerView Of(Consumer consumer)
    {
        var sums = consumer.Sums;
        return new ConsumerView(consumer.Name, [.. consumer.Patterns.Select(pattern => pattern.Text)], consumer.Position, sums.Delivered, sums.Ok, sums.Failed, sums.Waiting);
    }
}

public sealed record AgentList(IReadOnlyList<AgentView> Agents);

/// <summary>An agent as the API shows it. The first nine fields are those of the Go original; <c>events_processed</c> counts its events only.</summary>
/// <param name="DryRunSwitched">What someone has switched dry run to, over its settings; <c>null</c> when they count.</param>
/// <param name="DryRunSetting">What its own setting says.</param>
/// <param name="LastEvent">When it published an event or carried out a command last, since the host started.</param>
/// <param name="Cursor">How far it has read its source: text of its own making.</param>
/// <param name="CommandsWaiting">How many of its commands have not ended: they wait for their turn or next attempt, or are with it.</param>
public sealed record AgentView(
    string Name,
    string Version,
    string Status,
    IReadOnlyList<string> Capabilities,
    IReadOnlyList<string> Commands,
    string RegisteredAt,
    string? LastHeartbeat,
    long EventsProcessed,
    long Errors,
    long CommandsProcessed,
    long EventsIgnored,
    string? Reason,
    bool DryRun,
    string? DryRunReason,
    bool? DryRunSwitched,
    bool DryRunSetting,
    RateLimitView? RateLimit,
    string? LastEvent,
    string? Cursor,
    long CommandsWaiting,
    IReadOnlyList<CommandDescription> CommandSchemas)
{
    internal static AgentView Of(AgentEntry entry, string? cursor, long waiting) => new(
        entry.Name,
        HostVersion.Text,
        JsonNamingPolicy.SnakeCaseLower.ConvertName(entry.Status.ToString()),
        entry.Agent.Capabilities,
        [.. entry.Agent.Commands.Select(command => command.Name)],
        Time(entry.RegisteredAt),
        entry.LastHeartbeatAt == 0 ? null : Time(entry.LastHeartbeatAt),
        entry.Events,
        entry.Errors,
        entry.Commands,
        entry.Ignored,
        entry.DegradedBecause,
        entry.DryRunBecause is not null,
        entry.DryRunBecause,
        entry.DryRunSwitched,
        entry.Settings.DryRun,
        RateLimitView.Of(entry.Agent.RateLimit),
        entry.LastEventAt == 0 ? null : Time(entry.LastEventAt),
        cursor,
        waiting,
        [.. entry.Agent.Commands.Select(CommandDescription.Of)]);

    private static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>How much may still be asked of an agent's service; <c>null</c> when the service has said nothing.</summary>
public sealed record RateLimitView(long Limit, long Remaining, string ResetsAt)
{
    internal static RateLimitView? Of(RateLimit? limit) =>
        limit is null ? null : new(limit.Limit, limit.Remaining, limit.ResetsAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}

/// <summary>A command an agent has: what it is for, what it takes, and what it does to the world.</summary>
public sealed record CommandDescription(string Name, string Description, bool ReadOnly, bool Idempotent, bool Destructive, JsonElement Schema)
{
    internal static CommandDescription Of(AgentCommand command) => new(
        command.Name,
        command.Description,
        command.Traits.HasFlag(CommandTraits.ReadOnly),
        command.Traits.HasFlag(CommandTraits.Idempotent),
        command.Traits.HasFlag(CommandTraits.Destructive),
        command.Schema);
}

/// <summary>What came of reading the settings again. The first two fields are those of the Go original.</summary>
/// <param name="Taken">Whether they are good; otherwise the last good ones stay.</param>
/// <param name="Detail">In sentences: what has changed, or what is wrong.</param>
internal sealed record ReloadRequested(string Status, string Target, bool Taken, string Detail);
