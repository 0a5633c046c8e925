using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>A command that someone outside a run asked for.</summary>
internal sealed class AppendCommand(EventJournal journal, Command command) : Write<Accepted>
{
    private Accepted _accepted;

    public override long Bytes => command.Payload.Length + 256;

    // With an event as its cause a run asks for it in its middle, and waits for the answer.
    public override bool IsRefusable => command.Cause.Event is null;

    public override void Apply(JournalTransaction transaction) => _accepted = transaction.Insert(command);

    protected override Accepted Deliver()
    {
        if (!_accepted.Duplicate)
        {
            journal.Route(command);
        }

        return _accepted;
    }
}

/// <summary>Where a command stands now: what is to be written into its row.</summary>
internal sealed record CommandState(CommandStatus Status)
{
    public int Attempts { get; init; }

    public long NextAttemptAt { get; init; }

    public long? StartedAt { get; init; }

    public long? EndedAt { get; init; }

    public string? Reason { get; init; }

    public ReadOnlyMemory<byte>? Result { get; init; }

    public long? DismissedAt { get; init; }

    public static CommandState Of(Command command) => new(command.Status)
    {
        Attempts = command.Attempts,
        NextAttemptAt = command.NextAttemptAt,
        StartedAt = command.StartedAt,
        EndedAt = command.EndedAt,
        Reason = command.Reason,
        Result = command.Result,
        DismissedAt = command.DismissedAt,
    };

    public void WriteTo(Command command)
    {
        command.Status = Status;
        command.Attempts = Attempts;
        command.NextAttemptAt = NextAttemptAt;
        command.StartedAt = StartedAt;
        command.EndedAt = EndedAt;
        command.Reason = Reason;
        command.Result = Result;
        command.DismissedAt = DismissedAt;
    }
}

/// <summary>
/// A command goes from one state to the next. When that is its last, and a consumer listens for announcements, the announcement
/// is an event of the same transaction; when only live listeners do, it is made for them and not recorded.
/// </summary>
internal sealed class UpdateCommand(EventJournal journal, Command command, CommandState state, Func<Command, Event>? announcement) : Write<bool>
{
    private CommandState? _before;
    private Event? _recorded;

    public override long Bytes => 256 + (state.Result?.Length ?? 0);

    public override void Apply(JournalTransaction transaction)
    {
        // After a rollback this runs again, from where the command really stood.
        _before ??= CommandState.Of(command);
        state.WriteTo(command);
        transaction.Update(command, _before.Status);
        _recorded = announcement is not null && journal.HasConsumers(Announcements.Subject) ? announcement(command) : null;
        if (_recorded is not null)
        {
            transaction.Insert(_recorded);
        }
    }

    public override void Failed(Exception reason)
    {
        _before?.WriteTo(command);
        base.Failed(reason);
    }

    protected override bool Deliver()
    {
        if (state.EndedAt is not null)
        {
            journal.HasEnded(command);
        }

        if (_recorded is not null)
        {
            journal.Route(_recorded);
        }
        else if (announcement is not null && journal.HasListeners(Announcements.Subject))
        {
            journal.Announce(announcement(command));
        }

        return true;
    }
}

/// <summary>A person decided about a command: it is sent once more, or put aside. If that ends it, it is announced like any other end.</summary>
/// <param name="decide">From the command as it stands to its new state, or a refusal in a sentence. May be asked again after a rollback.</param>
/// <param name="settled">Told once when the decision is on disk, or will never be; with the command when it has ended by it.</param>
internal sealed class DecideCommand(
    EventJournal journal, long seq, Func<Command, (CommandState? State, string? Refusal)> decide, Action<Command?> settled) : Write<Decision>
{
    private Command? _command;
    private string? _refusal;
    private bool _hasEnded;
    private Event? _recorded;

    public override void Apply(JournalTransaction transaction)
    {
        (_refusal, _hasEnded, _recorded) = (null, false, null);

        // Read within the transaction: between two people, the second one finds what the first has done.
        _command = CommandReader.CommandIn(transaction.Database, seq, transaction.Salt);
        if (_command is null)
        {
            return;
        }

        (var state, _refusal) = decide(_command);
        if (state is null)
        {
            return;
        }

        var before = _command.Status;
        state.WriteTo(_command);
        transaction.Update(_command, before);
        _hasEnded = before == CommandStatus.Pending && state.Status != CommandStatus.Pending;
        if (_hasEnded && journal.HasConsumers(Announcements.Subject))
        {
            _recorded = Announcements.OfCommand(_command);
            transaction.Insert(_recorded);
        }
    }

    public override void Failed(Exception reason)
    {
        settled(null);
        base.Failed(reason);
    }

    protected override Decision Deliver()
    {
        if (_command is { Status: CommandStatus.Pending } && _refusal is null)
        {
            journal.Reroute(_command);
        }

        if (_recorded is not null)
        {
            journal.Route(_recorded);
        }
        else if (_hasEnded && journal.HasListeners(Announcements.Subject))
        {
            journal.Announce(Announcements.OfCommand(_command!));
        }

        settled(_hasEnded ? _command : null);
        return new Decision(_command, _refusal);
    }
}

/// <summary>What came of a decision about a command.</summary>
/// <param name="Command">The command as it stands now; <c>null</c> when there is none with that number.</param>
/// <param name="Refusal">Why nothing changed, in a sentence; <c>null</c> when it did.</param>
internal sealed record Decision(Command? Command, string? Refusal);

/// <summary>
/// Commands that were with an agent when the process ended. Only those that must not be sent twice are ever written down as
/// running, so nobody can say whether these were carried out (J8).
/// </summary>
internal sealed class RecoverCommands(EventJournal journal) : Write<int>
{
    private readonly List<Event> _announcements = [];
    private int _found;

    public override void Apply(JournalTransaction transaction)
    {
        _announcements.Clear();
        var running = CommandReader.RunningIn(transaction.Database, transaction.Salt);
        var isHeard = running.Count > 0 && IsHeard(transaction.Database);
        foreach (var command in running)
        {
            var uncertain = CommandState.Of(command) with
            {
                Status = CommandStatus.Uncertain,
                EndedAt = transaction.Now,
                Reason = "The host stopped while the command was with the agent. Look whether it was carried out; then retry or dismiss it.",
            };
            uncertain.WriteTo(command);
            transaction.Update(command, CommandStatus.Running);
            if (isHeard)
            {
                var announcement = Announcements.OfCommand(command);
                transaction.Insert(announcement);
                _announcements.Add(announcement);
            }
        }

        _found = running.Count;
    }

    protected override int Deliver()
    {
        _announcements.ForEach(journal.Route);
        return _found;
    }

    /// <summary>No consumer is open yet; those known from before find it when they go on.</summary>
    private static bool IsHeard(Database database)
    {
        using var rows = database.Prepare("SELECT patterns FROM consumers");
        while (rows.Step())
        {
            if (rows.Text(0).Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(pattern => SubjectPattern.Parse(pattern).Matches(Announcements.Subject)))
            {
                return true;
            }
        }

        return false;
    }
}
