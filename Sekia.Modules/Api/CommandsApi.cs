using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Api;

/// <summary><c>/api/v1/commands</c>: send, look, and decide about dead letters.</summary>
internal sealed class CommandsApi(CommandDispatcher dispatcher, AgentRegistry agents, EventJournal journal, LiveOptions<JournalOptions> options, TimeProvider clock)
{
    private const int EnvelopeBytes = 16 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/commands", (HttpRequest request, CommandsApi commands, CancellationToken cancellationToken) => commands.SendAsync(request, cancellationToken))
            .WithMetadata(new RouteDescription("Sends a command to an agent; answers when it is on disk")
            {
                Answer = ApiJson.Readable.Receipt,
                Status = StatusCodes.Status202Accepted,
                Body =
                [
                    new("agent", "The agent's name", Required: true),
                    new("command", "One of its commands", Required: true),
                    new("source", "Who asks; api when absent"),
                    new("key", "The source's own id: the same key twice is sent once"),
                    new("payload", "Any JSON object; null when absent", "object"),
                    new("dry_run", "true: it is checked and recorded, and never sent", "boolean"),
                ],
                Refusals = [400, 413, 503],
            });
        api.MapGet("/commands", (HttpRequest request, CommandsApi commands) => commands.List(request))
            .WithMetadata(new RouteDescription("Lists commands, the newest first")
            {
                Answer = ApiJson.Readable.CommandPage,
                Query = [new("status", "Only those that stand there"), new("agent", "Only those of this agent"), new("name", "Only commands of this name"), ApiQuery.BeforeParameter, ApiQuery.LimitParameter],
                Refusals = [400],
            });
        api.MapGet("/commands/{id}", (string id, CommandsApi commands) => commands.Show(id))
            .WithMetadata(new RouteDescription("Shows a command") { Answer = ApiJson.Readable.CommandView, Refusals = [404] });
        api.MapPost("/commands/{id}/retry", (string id, CommandsApi commands, CancellationToken cancellationToken) => AnswerAsync(commands.RetryAsync(id, cancellationToken)))
            .WithMetadata(new RouteDescription("Sends a command again that failed, is uncertain, or waits for its next attempt") { Answer = ApiJson.Readable.CommandView, Refusals = [404, 409, 503] });
        api.MapPost("/commands/{id}/dismiss", (string id, CommandsApi commands, CancellationToken cancellationToken) => AnswerAsync(commands.DismissAsync(id, cancellationToken)))
            .WithMetadata(new RouteDescription("Ends a command that failed, is uncertain, or waits for its next attempt") { Answer = ApiJson.Readable.CommandView, Refusals = [404, 409, 503] });
    }

    private async Task<IResult> SendAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var limit = options.Current.MaxPayloadBytes;
        if (await RequestBody.ReadAsync(request, limit + EnvelopeBytes, cancellationToken) is not { } body)
        {
            return ApiJson.Refusal(StatusCodes.Status413PayloadTooLarge, $"The body is too large; a payload has at most {limit} bytes (Journal:MaxPayloadBytes).");
        }

        var fields = RequestFields.Parse(body, "dry_run", ["agent", "command", "source", "key"]);
        var command = new Command
        {
            Agent = fields.Required("agent"),
            Name = fields.Required("command"),
            Source = fields["source"] ?? "api",
            Key = fields["key"],
            Payload = fields.PayloadBytes,
        };
        var accepted = await (fields.TryFlag("dry_run", out var dry) && dry is true
            ? dispatcher.SendDryAsync(command, cancellationToken)
            : dispatcher.SendAsync(command, cancellationToken));
        return ApiJson.Answer(new Receipt(accepted.Id, accepted.Seq, accepted.Duplicate), StatusCodes.Status202Accepted);
    }

    private IResult List(HttpRequest request)
    {
        var query = new ApiQuery(request, "status", "agent", "name", "before", "limit");
        query.Check();
        CommandStatus? status = null;
        if (query.Text("status") is { } name)
        {
            status = CommandStatusNames.Parse(name);
            if (status is null)
            {
                return ApiJson.Refusal(StatusCodes.Status400BadRequest, $"There is no status '{name}'; the statuses are {string.Join(", ", CommandStatusNames.All)}.");
            }
        }

        return ApiJson.Answer(Page(
            new CommandFilter(status, query.Text("agent"), query.Text("name")),
            query.Number("before", absent: long.MaxValue, least: 1, most: long.MaxValue),
            query.Limit()));
    }

    /// <summary>A page of commands, the newest first.</summary>
    public CommandPage Page(CommandFilter filter, long before, int limit)
    {
        var withAgents = dispatcher.WithAgents;
        var (commands, next) = journal.Reader.Commands(filter, before, limit, ApiQuery.MaxBytes, withAgents);
        return new CommandPage([.. commands.Select(command => CommandView.Of(command, withAgents, agents))], next);
    }

    /// <exception cref="BadHttpRequestException">There is no such command.</exception>
    public CommandView Get(string id) => CommandView.Of(Find(id), dispatcher.WithAgents, agents);

    /// <summary>Sends a dead letter once more.</summary>
    /// <exception cref="BadHttpRequestException">There is no such command, or it is none.</exception>
    public Task<CommandView> RetryAsync(string id, CancellationToken cancellationToken) => DecideAsync(id, RetryAsync, cancellationToken);

    /// <summary>Puts a dead letter aside.</summary>
    /// <inheritdoc cref="RetryAsync(string, CancellationToken)"/>
    public Task<CommandView> DismissAsync(string id, CancellationToken cancellationToken) => DecideAsync(id, DismissAsync, cancellationToken);

    /// <summary>Decides about many at once, which then share a transaction, and answers what came of each.</summary>
    /// <param name="commands">By their numbers.</param>
    /// <param name="isRetry">Whether they are sent once more; else they are put aside.</param>
    public Task<Decision[]> DecideAsync(IEnumerable<long> commands, bool isRetry, CancellationToken cancellationToken) =>
        Task.WhenAll(commands.Select(seq => isRetry ? RetryAsync(seq, cancellationToken) : DismissAsync(seq, cancellationToken)));

    /// <summary>The newest commands at a status.</summary>
    public IReadOnlyList<CommandView> Newest(CommandStatus status, int limit) => Page(new CommandFilter(status), long.MaxValue, limit).Commands;

    /// <summary>The newest commands of an agent.</summary>
    public IReadOnlyList<CommandView> Newest(string agent, int limit) => Page(new CommandFilter(Agent: agent), long.MaxValue, limit).Commands;

    private JsonHttpResult<CommandView> Show(string id) => ApiJson.Answer(Get(id));

    private Task<Decision> RetryAsync(long seq, CancellationToken cancellationToken) => dispatcher.RetryAsync(seq, cancellationToken);

    private Task<Decision> DismissAsync(long seq, CancellationToken cancellationToken) =>
        dispatcher.DismissAsync(seq, clock.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);

    private static async Task<IResult> AnswerAsync(Task<CommandView> decided) => ApiJson.Answer(await decided);

    private async Task<CommandView> DecideAsync(string id, Func<long, CancellationToken, Task<Decision>> decide, CancellationToken cancellationToken)
    {
        var (command, refusal) = await decide(Find(id).Seq, cancellationToken);
        return refusal is null
            ? CommandView.Of(command ?? throw NoSuchCommand(id), dispatcher.WithAgents, agents)
            : throw new BadHttpRequestException(refusal, StatusCodes.Status409Conflict);
    }

    private Command Find(string id) =>
        JournalId.NumberIn(JournalId.Command, id) is { } seq && journal.Reader.Command(seq) is { } command && command.Id == id ? command : throw NoSuchCommand(id);

    private static BadHttpRequestException NoSuchCommand(string id) => new(
        $"There is no command '{id}'. It may have been removed with age; GET /api/v1/commands lists those there are.", StatusCodes.Status404NotFound);
}

/// <summary>A page of commands.</summary>
/// <param name="Commands">The newest first.</param>
/// <param name="Next">What to pass as <c>before</c> to go on; <c>null</c> at the end.</param>
public sealed record CommandPage(IReadOnlyList<CommandView> Commands, long? Next);

/// <summary>A command as the API shows it. Times are Unix milliseconds.</summary>
/// <param name="Reason">Why it failed, was not sent, or waits: for its next attempt, or for an agent that this host does not have.</param>
public sealed record CommandView(
    long Seq,
    string Id,
    string Agent,
    string Command,
    string Source,
    string Status,
    int Attempts,
    long AcceptedAt,
    long? StartedAt,
    long? EndedAt,
    long? NextAttemptAt,
    long? DismissedAt,
    string? Reason,
    RawJson Payload,
    RawJson? Result,
    CauseView? Cause,
    int Depth)
{
    internal static CommandView Of(Command command, IReadOnlySet<long> withAgents, AgentRegistry agents) => new(
        command.Seq,
        command.Id,
        command.Agent,
        command.Name,
        command.Source,
        (command.Status == CommandStatus.Pending && withAgents.Contains(command.Seq) ? CommandStatus.Running : command.Status).Name(),
        command.Attempts,
        command.AcceptedAt,
        command.StartedAt,
        command.EndedAt,
        command.NextAttemptAt == 0 ? null : command.NextAttemptAt,
        command.DismissedAt,
        (command.Status == CommandStatus.Pending ? WhyForNobody(command.Agent, agents) : null) ?? command.Reason,
        new RawJson(command.Payload),
        command.Result is { } result ? new RawJson(result) : null,
        CauseView.Of(command.Cause),
        command.Depth);

    private static string? WhyForNobody(string agent, AgentRegistry agents) => agents.AbsenceOf(agent) is { } absence
        ? $"It waits, for {absence}. Set one up under this name and start Sekia anew, or dismiss the command."
        : null;
}
