using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Security;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>Answers what a run asks for in its middle. No thread is held meanwhile.</summary>
internal sealed class Questions(CommandDispatcher dispatcher, AgentRegistry agents, EventJournal journal)
{
    /// <summary>What a script is told in a dry replay when the question was not answered before.</summary>
    public const string NotCarriedOut = "dry replay: not carried out";

    /// <summary>How the keys of all begin that a workflow asked for on account of an event.</summary>
    public static string KeysOf(string workflow, Event evt) => $"{workflow}/{evt.Seq}/";

    /// <summary>Answers the question that the coroutine stopped at.</summary>
    public async Task AnswerAsync(ScriptApi api, LuaCoroutine coroutine, WorkflowRun run, string workflow, CancellationToken cancellationToken)
    {
        run.CountQuestion();
        Command command;
        try
        {
            command = Read(api, coroutine.Question, run, workflow);
        }
        catch (LuaValueException fault)
        {
            coroutine.Refuse(fault.Message);
            return;
        }

        var ended = await dispatcher.AskAsync(command, cancellationToken);
        if (ended.Status is CommandStatus.Failed or CommandStatus.DryRun && run.Handled.Seq != run.Event.Seq && ended.EndedAt <= run.Handled.AcceptedAt)
        {
            // It was not carried out before someone wanted the run tried again, and with it what made it fail. An answer that has come once is kept.
            await dispatcher.RepeatAsync(ended.Seq, cancellationToken);
            ended = await dispatcher.AskAsync(command, cancellationToken);
        }

        var (result, error) = AnswerOf(ended);
        coroutine.BeginSlice();
        coroutine.Answer(result, error);
    }

    /// <summary>Answers the question that the coroutine of a dry replay stopped at: as it was answered for the event before, or not at all.</summary>
    public void Recall(ScriptApi api, LuaCoroutine coroutine, WorkflowRun run, string workflow)
    {
        run.CountQuestion();
        try
        {
            var command = Read(api, coroutine.Question, run, workflow);
            var known = journal.Reader.CommandsOfKeys(command.Source, command.Key!, limit: 1) is [{ Status: not (CommandStatus.Pending or CommandStatus.Running) } ended] ? ended : null;
            var (result, error) = known is null ? (null, NotCarriedOut) : AnswerOf(known);
            run.Add(new RecalledCall(command, result, error));
            if (known is not null)
            {
                // As in the run that was answered.
                coroutine.BeginSlice();
            }

            coroutine.Answer(result, error);
        }
        catch (LuaValueException fault)
        {
            coroutine.Refuse(fault.Message);
        }
    }

    private static (ReadOnlyMemory<byte>? Result, string? Error) AnswerOf(Command ended) => ended.Status == CommandStatus.Succeeded
        ? (ended.Result ?? JsonText.Null, null)
        : (null, $"{ended.Status.Name()}: {ended.Reason}");

    /// <summary>
    /// The command that is asked for. Its key is made of the event, the handler wherever it stands in the file, the question itself and how often
    /// it was asked before: if the run is executed again, the command is found as it ended, and not sent a second time, also when <c>pairs</c>
    /// goes another way round.
    /// </summary>
    private Command Read(ScriptApi api, LuaCall question, WorkflowRun run, string workflow)
    {
        // A call is not held back until the run ends, so it would not be stopped there.
        if (run.Event.Depth >= Event.MaxDepth)
        {
            throw new LuaValueException($"this event is the {Event.MaxDepth}th consequence in a chain, so nothing is asked any more; find the workflows that answer each other, and make one of them stop");
        }

        // The name of the question comes first; there is only one kind so far.
        var asked = api.CommandFrom(question.Skip(1));
        var agent = agents.Find(asked.Agent)
            ?? throw new LuaValueException($"there is no agent '{asked.Agent}'; sekia.call needs one that can answer now");
        run.CheckSize(asked.Payload);
        ScriptApi.Check(agent, asked);
        var digest = Digest(asked);
        return new Command
        {
            Agent = asked.Agent,
            Name = asked.Name,
            Source = asked.Source,
            Payload = asked.Payload,
            Key = $"{KeysOf(workflow, run.Event)}{run.Handler.Identity}/{run.NextQuestion(digest)}/{digest}",
            Cause = new Cause(run.Event.Seq),
            Depth = run.Event.Depth + 1,
        };
    }

    private static string Digest(Command command)
    {
        var text = new ArrayBufferWriter<byte>(command.Payload.Length + 64);
        text.Write(Encoding.UTF8.GetBytes($"{command.Agent}\n{command.Name}\n"));

        // A table has its keys in another order in every state, and so in every process.
        CanonicalJson.Write(command.Payload, text);
        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan))[..16];
    }
}

/// <summary>What a dry replay asked with <c>sekia.call</c>, and what it was told in place of an agent's answer.</summary>
/// <param name="Asked">The command that nobody was sent.</param>
/// <param name="Result">The answer that the journal has, as JSON; <c>null</c> when it has none.</param>
/// <param name="Error">Why there is no answer.</param>
internal sealed record RecalledCall(Command Asked, ReadOnlyMemory<byte>? Result, string? Error);
