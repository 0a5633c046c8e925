using System.Text.Json;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Mcp;

/// <summary>Sends commands for clients, and waits a while for what comes of them.</summary>
internal sealed class CommandSending(CommandDispatcher dispatcher, AgentRegistry agents, EventJournal journal, LiveOptions<McpOptions> options, TimeProvider clock)
{
    private const string Source = "mcp";

    /// <exception cref="InvalidCommandException">The agent cannot be given it.</exception>
    /// <exception cref="BadHttpRequestException">It may destroy something, and clients may not do that.</exception>
    public async Task<CommandOutcome> SendAsync(string agent, string name, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var command = new Command { Agent = agent, Name = name, Source = Source, Payload = payload };
        var traits = TraitsOf(command);
        if (traits.HasFlag(CommandTraits.Destructive) && !options.Current.DestructiveTools)
        {
            throw new BadHttpRequestException(
                $"'{name}' of '{agent}' may remove or overwrite something for good, and is not sent for MCP clients. Set Mcp:DestructiveTools to true if they may have that done.",
                StatusCodes.Status403Forbidden);
        }

        var accepted = await dispatcher.SendAsync(command, cancellationToken);
        var wait = traits.HasFlag(CommandTraits.ReadOnly) ? options.Current.ReadWait : options.Current.CommandWait;
        return await OutcomeAsync(accepted.Seq, wait, cancellationToken);
    }

    /// <summary>As a result of a tool: of a command that failed, an error with its reason.</summary>
    public static CallToolResult Show(CommandOutcome outcome)
    {
        var result = McpTool.Answer(outcome);
        if (outcome.Outcome is "failed" or "uncertain")
        {
            result.IsError = true;
            result.Content = [new TextContentBlock { Text = $"Command {outcome.Id} ('{outcome.Command}' of '{outcome.Agent}') is {outcome.Outcome}: {outcome.Reason}" }];
        }

        return result;
    }

    /// <summary>As a result of a tool that reads: what was asked for and nothing else, when it has come.</summary>
    public static CallToolResult ShowResult(CommandOutcome outcome)
    {
        var result = Show(outcome);
        if (outcome.Result is { } found)
        {
            result.Content = [McpTool.Text(JsonElement.Parse(found.Utf8.Span))];
        }

        return result;
    }

    /// <summary>What this very call does to the world. Of what cannot be sent, sending says why.</summary>
    private CommandTraits TraitsOf(Command command) =>
        agents.Find(command.Agent) is { } entry ? Prepared.From(entry, command).Traits : CommandTraits.None;

    private async Task<CommandOutcome> OutcomeAsync(long seq, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(wait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return OutcomeOf(await dispatcher.EndOfAsync(seq, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return OutcomeOf(journal.Reader.Command(seq)!);
        }
    }

    private CommandOutcome OutcomeOf(Command command)
    {
        var view = CommandView.Of(command, dispatcher.WithAgents, agents);
        return new CommandOutcome("sent", view.Id, view.Agent, view.Command, view.Status, view.Result, view.Reason);
    }
}
