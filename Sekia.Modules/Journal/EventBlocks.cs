using Microsoft.Extensions.Hosting;

namespace Sekia.Modules.Journal;

/// <summary>
/// Notes for each complete block of the journal which kinds of events it holds (see <see cref="EventBlock"/>): behind the inserts, never in
/// them. A file from before these notes is caught up with in the same way, from its oldest block on; until a block has its note, it is read.
/// </summary>
internal sealed class EventBlocks(EventJournal journal) : BackgroundService
{
    /// <summary>Blocks noted in one transaction, so that an old file of millions of events does not become as many commits.</summary>
    private const int BlocksAStep = 32;

    /// <summary>The first block that may have no note.</summary>
    private long? _next;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var known = journal.Commits.Beats;
                await NoteOrLeaveAsync(stoppingToken);
                await journal.Commits.NextAsync(known).WaitAsync(stoppingToken);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or JournalUnavailableException)
        {
            // The host stops.
        }
    }

    /// <summary>Without room on the disk there are no notes: the next commit that works comes back to them.</summary>
    private async Task NoteOrLeaveAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (NextStep() is { Count: > 0 } step)
            {
                stoppingToken.ThrowIfCancellationRequested();
                await journal.CommitAsync(new NoteBlocks(step), stoppingToken);
            }
        }
        catch (JournalUnavailableException)
        {
        }
    }

    private List<(long Block, byte[] Kinds)> NextStep()
    {
        var reader = journal.Reader;
        if (_next is { } known && EventBlock.Last(known) > journal.Head)
        {
            // As after nearly every commit.
            return [];
        }

        var next = reader.Number("SELECT coalesce((SELECT max(block) + 1 FROM event_blocks), (SELECT min(seq) FROM events) / ?, 0)", EventBlock.Size);
        _next = next;
        var step = new List<(long, byte[])>();
        for (; step.Count < BlocksAStep && EventBlock.Last(next) <= journal.Head; next++)
        {
            var (first, last) = (EventBlock.First(next), EventBlock.Last(next));
            step.Add((next, EventBlock.Kinds(reader.Query(
                "SELECT DISTINCT subject, type, source FROM events WHERE seq BETWEEN ? AND ?",
                rows => rows.Bind(1, first).Bind(2, last),
                row => (row.Text(0), row.Text(1), row.Text(2))))));
        }

        return step;
    }

    private sealed class NoteBlocks(List<(long Block, byte[] Kinds)> blocks) : Write<int>
    {
        public override long Bytes { get; } = blocks.Sum(block => block.Kinds.Length + 16L);

        public override void Apply(JournalTransaction transaction)
        {
            using var note = transaction.Database.Prepare("INSERT OR REPLACE INTO event_blocks VALUES (?, ?)");
            foreach (var (block, kinds) in blocks)
            {
                note.Bind(1, block).Bind(2, kinds.AsSpan()).Run();
            }
        }

        protected override int Deliver() => blocks.Count;
    }
}
