namespace Sekia.Modules.Journal;

/// <summary>A consumer goes on at its position, or, if it is new, begins at the head.</summary>
internal sealed class OpenConsumer(EventJournal journal, Consumer consumer) : Write<long>
{
    private ConsumerTurn _turn;
    private ConsumerProgress _progress = ConsumerProgress.None;
    private long _since;
    private long _head;

    public override void Apply(JournalTransaction transaction)
    {
        var database = transaction.Database;
        using var insert = database.Prepare(
            "INSERT INTO consumers (name, patterns, position, since) VALUES (?1, ?2, ?3, ?3) ON CONFLICT (name) DO UPDATE SET patterns = ?2, openings = openings + 1, position = max(position, seen)");
        insert.Bind(1, consumer.Name).Bind(2, string.Join(' ', consumer.Patterns)).Bind(3, transaction.LastEvent).Run();
        using var row = database.Prepare("SELECT id, openings, position, ok, failed, since FROM consumers WHERE name = ?");
        row.Bind(1, consumer.Name).Step();
        _turn = new ConsumerTurn(row.Number(0), row.Number(1), row.Number(2));
        _progress = new ConsumerProgress(row.Number(2), Seen: row.Number(2), row.Number(3), row.Number(4));
        _since = row.Number(5);
        _head = transaction.LastEvent;
    }

    protected override long Deliver()
    {
        consumer.Begin(_turn, _progress, _since, _head);
        journal.Attach(consumer);
        return _head;
    }
}

/// <summary>The position of a consumer, its runs, and all they asked for: one transaction (J3).</summary>
internal sealed class CommitHandled(EventJournal journal, Consumer consumer, ConsumerTurn turn, Handled handled) : Write<bool>
{
    public override long Bytes { get; } = 256 + handled.Runs.Sum(run =>
        256L + run.Commands.Sum(command => command.Payload.Length + 256L) + run.Events.Sum(evt => evt.Payload.Length + 256L));

    public override void Apply(JournalTransaction transaction)
    {
        // Asked of the row, not of memory: whoever opened the consumer anew may be in this very transaction.
        if (!transaction.AdvanceConsumer(turn, handled))
        {
            throw new WriteRefusedException($"This commit of consumer '{consumer.Name}' does not go on where the last recorded one ended: one between them was not recorded.");
        }

        foreach (var run in handled.Runs)
        {
            transaction.Insert(run, turn.Consumer);
        }
    }

    public override void Failed(Exception reason) => base.Failed(reason switch
    {
        _ when consumer.Replaced => new ConsumerReplacedException(consumer.Name),
        JournalUnavailableException => reason,
        _ => new JournalUnavailableException(reason.Message, reason),
    });

    protected override bool Deliver()
    {
        journal.Traffic.Handled(consumer.Name, handled, journal.Now);
        foreach (var run in handled.Runs)
        {
            foreach (var command in run.Commands.Where(command => command.Seq != 0))
            {
                journal.Route(command);
            }

            foreach (var evt in run.Events.Where(evt => evt.Seq != 0))
            {
                journal.Route(evt);
            }
        }

        // Last: whoever sees that nothing waits any more finds its consequences where they wait.
        consumer.Done(handled);
        return true;
    }
}

/// <summary>
/// Writes down for the idle consumers that they have seen everything there is, so that after a restart they need not search the
/// events that did not concern them again.
/// </summary>
internal sealed class AdvanceIdleConsumers(EventJournal journal) : Write<int>
{
    private readonly List<Consumer> _idle = [];
    private long _head;

    public override void Apply(JournalTransaction transaction)
    {
        // Only what has been routed: events of this very transaction have not.
        _head = journal.Head;
        _idle.Clear();
        foreach (var consumer in journal.AttachedConsumers)
        {
            if (consumer.Position < _head && consumer.IsIdle && transaction.MoveConsumer(consumer.Turn, _head))
            {
                _idle.Add(consumer);
            }
        }
    }

    protected override int Deliver()
    {
        foreach (var consumer in _idle)
        {
            consumer.HasSeen(_head);
        }

        return _idle.Count;
    }
}
