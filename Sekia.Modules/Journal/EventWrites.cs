using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>Events to accept and, when an agent read them from its source, the cursor that covers them (J5).</summary>
internal sealed class AppendEvents(EventJournal journal, IReadOnlyList<Event> events, SourceCursor? cursor) : Write<IReadOnlyList<Accepted>>
{
    private readonly Accepted[] _accepted = new Accepted[events.Count];

    public override long Bytes { get; } = 256 + events.Sum(evt => evt.Payload.Length + 256L);

    // With a cursor it is a batch that an agent of ours has read, or a schedule: each has one at a time.
    public override bool IsRefusable => cursor is null;

    public override void Apply(JournalTransaction transaction)
    {
        for (var i = 0; i < events.Count; i++)
        {
            _accepted[i] = transaction.Insert(events[i]);
        }

        if (cursor is not null)
        {
            transaction.SetCursor(cursor.Agent, cursor.Cursor);
        }
    }

    protected override IReadOnlyList<Accepted> Deliver()
    {
        for (var i = 0; i < events.Count; i++)
        {
            if (!_accepted[i].Duplicate)
            {
                journal.Route(events[i]);
            }
        }

        return _accepted;
    }
}

/// <summary>How far an agent has read its source.</summary>
internal sealed record SourceCursor(string Agent, string Cursor);
