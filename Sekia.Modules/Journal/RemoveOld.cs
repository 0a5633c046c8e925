namespace Sekia.Modules.Journal;

/// <summary>One small step of retention: looks at the next few events and commands and removes those that may go.</summary>
/// <param name="afterEvent">Events up to here have been looked at.</param>
/// <param name="afterCommand">Commands up to here have been looked at.</param>
/// <param name="rows">How many of each to look at.</param>
/// <param name="acceptedBefore">Only what was accepted before this time, in Unix milliseconds.</param>
/// <param name="bytes">Only while the entries take more room than this, in bytes.</param>
internal sealed class RemoveOld(EventJournal journal, long afterEvent, long afterCommand, int rows, long acceptedBefore, long bytes)
    : Write<RemovalStep>
{
    /// <summary>Large rows take longer than their number says: each of their pages is given back.</summary>
    private const long MaxBytesRemoved = 4L << 20;

    private RemovalStep _step;

    public override void Apply(JournalTransaction transaction)
    {
        var database = transaction.Database;
        var used = UsedBytes(database);
        if (used <= bytes)
        {
            _step = new RemovalStep(Done: true, afterEvent, afterCommand, used);
            return;
        }

        // What an open consumer has yet to handle stays.
        var handled = journal.AttachedConsumers.Select(consumer => consumer.Position).DefaultIfEmpty(long.MaxValue).Min();
        var (lastEvent, upTo, moreEvents) = RemoveEvents(database, handled);

        // The oldest first, across both: a young command, and the key that keeps it from being sent twice, outlives older events.
        var (lastCommand, _, moreCommands) = RemoveCommands(database, moreEvents ? Math.Min(acceptedBefore, upTo + 1) : acceptedBefore);
        RemoveBlocks(database, lastEvent);
        transaction.RememberNumbers();
        _step = new RemovalStep(!moreEvents && !moreCommands, lastEvent, lastCommand, UsedBytes(database));
    }

    protected override RemovalStep Deliver() => _step;

    private static long UsedBytes(Database database) =>
        (database.QueryNumber("PRAGMA page_count") - database.QueryNumber("PRAGMA freelist_count")) * database.QueryNumber("PRAGMA page_size");

    private (long Last, long UpTo, bool More) RemoveEvents(Database database, long handled)
    {
        // An event whose run is a dead letter stays, because a retry needs it.
        using var old = database.Prepare(
            "SELECT seq, source, key, accepted_at, EXISTS (SELECT 1 FROM runs WHERE event = seq AND outcome = 1 AND dismissed_at IS NULL), length(payload) " +
            "FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?");
        using var removeRuns = database.Prepare("DELETE FROM runs WHERE event = ?");
        return Remove(database, "events", JournalTransaction.EventKey, old.Bind(1, afterEvent).Bind(2, handled).Bind(3, rows), afterEvent, acceptedBefore, removeRuns);
    }

    /// <summary>What is known of blocks that have no event any more.</summary>
    private void RemoveBlocks(Database database, long lastEvent)
    {
        using var removeBlocks = database.Prepare(
            $"DELETE FROM event_blocks WHERE block BETWEEN ?1 AND ?2 AND NOT EXISTS (SELECT 1 FROM events WHERE seq >= block * {EventBlock.Size} AND seq < (block + 1) * {EventBlock.Size})");
        removeBlocks.Bind(1, EventBlock.Of(afterEvent)).Bind(2, EventBlock.Of(lastEvent)).Run();
    }

    private (long Last, long UpTo, bool More) RemoveCommands(Database database, long before)
    {
        // What a run asked for in its middle is its answer if it is executed again, which it can be as long as its event is there.
        using var old = database.Prepare(
            "SELECT seq, source, key, accepted_at, status < 2 OR (status IN (3, 5) AND dismissed_at IS NULL) " +
            "OR (cause_run IS NULL AND cause_event IS NOT NULL AND EXISTS (SELECT 1 FROM events WHERE events.seq = commands.cause_event)), " +
            "length(payload) + coalesce(length(result), 0) " +
            "FROM commands WHERE seq > ? ORDER BY seq LIMIT ?");
        return Remove(database, "commands", JournalTransaction.CommandKey, old.Bind(1, afterCommand).Bind(2, rows), afterCommand, before, removeRuns: null);
    }

    /// <summary>Removes from a table the rows found that are old enough and that nobody needs.</summary>
    private (long Last, long UpTo, bool More) Remove(Database database, string table, int kind, Statement found, long last, long before, Statement? removeRuns)
    {
        using var removeRow = database.Prepare($"DELETE FROM {table} WHERE seq = ?");
        using var removeKey = database.Prepare("DELETE FROM keys WHERE kind = ? AND source = ? AND key = ?");
        var (seen, removed, upTo) = (0, 0L, 0L);
        while (removed < MaxBytesRemoved && found.Step())
        {
            // Entries stand in the order of their time: the first that is too young ends the search.
            if (found.Number(3) >= before)
            {
                return (last, upTo, More: false);
            }

            seen++;
            upTo = found.Number(3);
            last = found.Number(0);
            if (found.Number(4) != 0)
            {
                continue;
            }

            if (found.TextOrNull(2) is { } key)
            {
                removeKey.Bind(1, kind).Bind(2, found.Text(1)).Bind(3, key).Run();
            }

            removed += found.Number(5);
            removeRuns?.Bind(1, last).Run();
            removeRow.Bind(1, last).Run();
        }

        return (last, upTo, More: seen == rows || removed >= MaxBytesRemoved);
    }
}

/// <summary>How far a step of retention came.</summary>
internal readonly record struct RemovalStep(bool Done, long LastEvent, long LastCommand, long UsedBytes);
