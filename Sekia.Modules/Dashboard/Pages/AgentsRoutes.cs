using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard.Requests;

namespace Sekia.Modules.Dashboard.Pages;

/// <summary><c>/web/agents</c>, the switch for dry run, and the forms of commands.</summary>
internal static class AgentsRoutes
{
    public static void Map(IEndpointRouteBuilder web)
    {
        web.MapPage("/agents", "The agents", _ => Page.Of<AgentsPage>());
        web.MapPage("/agents/{name}", "One agent, with a form for each of its commands", context => AgentPageOf(Agent(context), form: null));
        web.MapPage("/agents/{name}/commands/{command}", "One agent, with the form of a command open", context =>
        {
            var agent = Agent(context);
            return AgentPageOf(agent, new CommandForm(CommandOf(agent, context), Guid.CreateVersion7().ToString()));
        });
        web.MapForm("/agents/{name}/commands/{command}", "Sends a command, dry unless the form says otherwise", SendAsync);
        web.MapAction("/agents/{name}/dry-run", "Switches the dry run of an agent", SwitchAsync, form => OffQuestion(form["on"].ToString()));
    }

    /// <summary>What is asked before dry run may end; <c>null</c> when it begins.</summary>
    /// <param name="on">What it is to be set to.</param>
    public static string? OffQuestion(string on) => on switch
    {
        "true" => null,
        "null" => "What the settings say counts again. If they do not say dry run, commands are really sent from then on. Go on?",
        _ => "Commands will really be sent from then on. Switch dry run off?",
    };

    private static async Task<Notice> SwitchAsync(HttpContext context, IFormCollection form)
    {
        bool? on = form["on"].ToString() switch
        {
            "true" => true,
            "false" => false,
            "null" => null,
            var other => throw new BadHttpRequestException($"Dry run can be true, false or null, not '{Excerpt.Of(other)}'."),
        };
        var agent = await context.RequestServices.GetRequiredService<StatusApi>().SwitchAsync(NameOf(context), on, context.RequestAborted);
        return new Notice(agent.DryRun ? $"{agent.Name} sends nothing: {agent.DryRunReason}." : $"{agent.Name} sends its commands.");
    }

    private static async Task<IResult> SendAsync(HttpContext context, IFormCollection typed)
    {
        var agent = Agent(context);
        var description = CommandOf(agent, context);
        var key = typed["key"].ToString() is { Length: > 0 } given ? given : Guid.CreateVersion7().ToString();
        var form = new CommandForm(description, key);
        var command = new Command { Agent = agent.Name, Name = description.Name, Source = WorkflowsRoutes.Source, Key = key, Payload = form.Fill(typed) };
        var dispatcher = context.RequestServices.GetRequiredService<CommandDispatcher>();
        if (Check(dispatcher, command, form) is not { } prepared)
        {
            return AgentPageOf(agent, form, StatusCodes.Status400BadRequest);
        }

        if (form.IsLive && prepared.Traits.HasFlag(CommandTraits.Destructive) && typed[PageRoutes.ConfirmedField] != "yes")
        {
            return PageRoutes.Ask(typed, $"{description.Name} may remove or overwrite something that cannot be brought back. Really send it to {agent.Name}?", PathOf(agent, description));
        }

        var accepted = await (form.IsLive ? dispatcher.SendAsync(command, context.RequestAborted) : dispatcher.SendDryAsync(command, context.RequestAborted));
        return PageRoutes.Done(
            context,
            new Notice(
                accepted.Duplicate ? "This form was sent before; this is its command."
                : form.IsLive ? $"{description.Name} is accepted for {agent.Name}."
                : $"{description.Name} is recorded as a dry run, and not sent."),
            $"/web/commands/{accepted.Id}");
    }

    /// <summary>What the command would do; <c>null</c> when it cannot be sent so, and the form says why.</summary>
    private static Prepared? Check(CommandDispatcher dispatcher, Command command, CommandForm form)
    {
        try
        {
            return form.HasFaults ? null : dispatcher.Check(command);
        }
        catch (InvalidCommandException fault)
        {
            form.Add(fault.Faults);
            return null;
        }
    }

    private static IResult AgentPageOf(AgentView agent, CommandForm? form, int status = StatusCodes.Status200OK) =>
        Page.Of<AgentPage>(new Dictionary<string, object?> { [nameof(AgentPage.Agent)] = agent, [nameof(AgentPage.Form)] = form }, status);

    private static AgentView Agent(HttpContext context) => context.RequestServices.GetRequiredService<StatusApi>().Agent(NameOf(context));

    private static CommandDescription CommandOf(AgentView agent, HttpContext context) =>
        context.GetRouteValue("command")?.ToString() is var name && agent.CommandSchemas.FirstOrDefault(one => one.Name == name) is { } command
            ? command
            : throw new BadHttpRequestException($"{agent.Name} has no command '{Excerpt.Of(name ?? "")}'.", StatusCodes.Status404NotFound);

    private static string PathOf(AgentView agent, CommandDescription command) => $"/web/agents/{Uri.EscapeDataString(agent.Name)}/commands/{Uri.EscapeDataString(command.Name)}";

    private static string NameOf(HttpContext context) => context.GetRouteValue("name")?.ToString() ?? "";
}
