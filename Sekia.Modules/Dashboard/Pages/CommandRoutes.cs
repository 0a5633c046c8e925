using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard.Parts;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary><c>/web/commands</c>: the list, one command, and what can be decided about those that failed or are uncertain.</summary>
internal static class CommandRoutes
{
    /// <summary>The field of the form that names a command; as often as there are some.</summary>
    public const string IdField = "id";

    /// <summary>The field of the buttons.</summary>
    public const string DecisionField = "decision";

    public const string Retry = "retry";
    public const string Dismiss = "dismiss";

    /// <summary>A page has fewer; whoever sends more did not press a button.</summary>
    private const int MaxCommands = 500;

    private const int MaxNames = 5;

    public static void Map(IEndpointRouteBuilder web)
    {
        web.MapPage("/commands", "The commands, the newest first", context => Page.Of<CommandsPage>(new Dictionary<string, object?> { [nameof(CommandsPage.Query)] = CommandQuery.Of(context.Request) }));
        web.MapPage("/commands/{id}", "One command", context => Page.Of<CommandPageOfOne>(
            new Dictionary<string, object?> { [nameof(CommandPageOfOne.Command)] = Api(context).Get((string)context.Request.RouteValues["id"]!) }));
        web.MapAskedAction("/commands/decide", "Sends commands again, or puts them aside", DecideAsync, Question);
    }

    /// <summary>Commands in a sentence: how many, and which.</summary>
    internal static string Names(IReadOnlyCollection<(string Name, string Agent)> commands)
    {
        var kinds = commands.GroupBy(command => command).OrderByDescending(same => same.Count()).Select(same =>
            $"{same.Key.Name} of {same.Key.Agent}{(same.Count() > 1 ? $" ({Spoken.Number(same.Count())})" : "")}").ToList();
        return $"{Spoken.Count(commands.Count, "command")}: {string.Join(", ", kinds.Take(MaxNames))}{(kinds.Count > MaxNames ? $", and {kinds.Count - MaxNames} other kinds" : "")}";
    }

    private static string Question(HttpContext context, IFormCollection form)
    {
        var commands = Chosen(context, form);
        var names = Names([.. commands.Select(command => (command.Command, command.Agent))]);
        var uncertain = commands.Count(command => command.Status == "uncertain");
        return !IsRetry(form) ? $"Dismiss {names}? {(commands.Count == 1 ? "It keeps its" : "They keep their")} status and will not be sent."
            : uncertain == 0 ? $"Send again {names}?"
            : $"Send again {names}? {(commands.Count == 1 ? "It" : $"{Spoken.Number(uncertain)} of them")} may have been carried out already, and would then be done twice.";
    }

    private static async Task<Notice> DecideAsync(HttpContext context, IFormCollection form)
    {
        var isRetry = IsRetry(form);
        var chosen = Chosen(context, form);
        var decided = await Api(context).DecideAsync(chosen.Select(command => command.Seq), isRetry, context.RequestAborted);
        var refusals = decided.Select(one => one.Refusal).OfType<string>().ToList();
        var done = decided.Length - refusals.Count;
        var text = $"{Spoken.Count(done, "command")} {(isRetry ? "will be sent again" : "dismissed")}.";
        return refusals.Count == 0 ? new Notice(text) : new Notice($"{text} {Spoken.Number(refusals.Count)} could not be: {refusals[0]}", IsRefusal: done == 0);
    }

    private static bool IsRetry(IFormCollection form) => form[DecisionField].ToString() switch
    {
        Retry => true,
        Dismiss => false,
        _ => throw new BadHttpRequestException("Press one of the buttons: the form does not say what to do."),
    };

    private static List<CommandView> Chosen(HttpContext context, IFormCollection form)
    {
        var ids = form[IdField].OfType<string>().Where(id => id.Length > 0).Distinct().ToList();
        return ids.Count switch
        {
            0 => throw new BadHttpRequestException("No command is selected: tick some, then press the button."),
            > MaxCommands => throw new BadHttpRequestException($"{Spoken.Number(ids.Count)} commands are too many at once: select at most {MaxCommands}."),
            _ => [.. ids.Select(Api(context).Get)],
        };
    }

    private static CommandsApi Api(HttpContext context) => context.RequestServices.GetRequiredService<CommandsApi>();
}

/// <summary>What the list of commands is asked for.</summary>
/// <param name="Before">Only those with a smaller number.</param>
public sealed record CommandQuery(CommandFilter Filter, long Before)
{
    private const int MaxRowsSeen = 20_000;

    /// <exception cref="BadHttpRequestException">A parameter will not do.</exception>
    internal static CommandQuery Of(HttpRequest request)
    {
        var query = new ApiQuery(request, "status", "agent", "name", "since", "until", "before");
        query.Check();
        CommandStatus? status = query.Text("status") is { } name
            ? CommandStatusNames.Parse(name) ?? throw new BadHttpRequestException($"There is no status '{name}'; the statuses are {string.Join(", ", CommandStatusNames.All)}.")
            : null;
        return new CommandQuery(
            new CommandFilter(status, query.Text("agent"), query.Text("name"), Time(query, "since"), Time(query, "until")) { MaxRowsSeen = MaxRowsSeen },
            query.Number("before", absent: long.MaxValue, least: 1, most: long.MaxValue));
    }

    private static long? Time(ApiQuery query, string name) => query.Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds()
        : throw new BadHttpRequestException($"Parameter '{name}' must be a time such as 2026-01-31T12:00 (UTC); it is '{text}'.");
}
