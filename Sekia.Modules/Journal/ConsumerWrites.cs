namespace Sekia.Modules.Journal;

/// <summary>A consumer goes on at its position, or, if it is new, begins at the head.</summary>
internal sealed class OpenConsumer(EventJournal journal, Consumer consumer) : Write<long>
{
    private long _position;
    private long _head;

    public override void Apply(JournalTransaction transaction)
    {
        var database = transaction.Database;
        using var insert = database.Prepare("INSERT INTO consumers (name, patterns, position) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET patterns = ?2");
        insert.Bind(1, consumer.Name).Bind(2, string.Join(' ', consumer.Patterns)).Bind(3, transaction.LastEvent).Run();
        using var row = database.Prepare("SELECT id, position, ok, failed FROM consumers WHERE name = ?");
        row.Bind(1, consumer.Name).Step();
        consumer.Id = row.Number(0);
        _position = row.Number(1);
        consumer.Ok = row.Number(2);
        consumer.Failed = row.Number(3);
        _head = transaction.LastEvent;
    }

    protected override long Deliver()
    {
        consumer.Begin(_position, _head);
        journal.Attach(consumer);
        return _head;
    }
}

/// <summary>The position of a consumer, its runs, and all they asked for: one transaction (J3).</summary>
internal sealed class CommitHandled(EventJournal journal, Consumer consumer, int generation, Handled handled) : Write<bool>
{
    public override long Bytes { get; } = 256 + handled.Runs.Sum(run =>
        256L + run.Commands.Sum(command => command.Payload.Length + 256L) + run.Events.Sum(evt => evt.Payload.Length + 256L));

    public override void Apply(JournalTransaction transaction)
    {
        if (consumer.Replaced)
        {
            throw new WriteRefusedException($"consumer '{consumer.Name}' was replaced");
        }

        if (consumer.Generation != generation)
        {
            throw new WriteRefusedException($"an earlier commit of consumer '{consumer.Name}' failed");
        }

        transaction.AdvanceConsumer(consumer.Id, handled.Position, handled.Ok, handled.Failed);
        foreach (var run in handled.Runs)
        {
            transaction.Insert(run, consumer.Id);
        }
    }

    public override void Failed(Exception reason)
    {
        if (consumer.Replaced)
        {
            base.Failed(new ConsumerReplacedException(consumer.Name));
            return;
        }

        // What follows on this one's heels must not be recorded without it.
        consumer.CommitFailed(generation);
        base.Failed(reason is JournalUnavailableException ? reason : new JournalUnavailableException(reason.Message, reason));
    }

    protected override bool Deliver()
    {
        consumer.Done(handled);
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
        foreach (var consumer in journal.Consumers)
        {
            if (consumer.Position < _head && consumer.IsIdle)
            {
                transaction.AdvanceConsumer(consumer.Id, _head, 0, 0);
                _idle.Add(consumer);
            }
        }
    }

    protected override int Deliver()
    {
        foreach (var consumer in _idle)
        {
            // A commit of this transaction may have moved it further.
            consumer.Position = Math.Max(consumer.Position, _head);
        }

        return _idle.Count;
    }
}
