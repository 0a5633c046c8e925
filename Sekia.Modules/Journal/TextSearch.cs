using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>
/// Looks for a text in the payload, type, subject and source of events, the newest first, in steps of a few milliseconds: between two of them
/// it holds nothing of the journal.
/// </summary>
internal sealed class TextSearch(JournalReader reader, EventSelection wanted, string text, long after, long before)
{
    /// <summary>A step reads no more than about this.</summary>
    private const long StepBytes = 4L << 20;

    /// <summary>Blocks that a step passes over because they hold nothing that is wanted.</summary>
    private const int StepBlocks = 4096;

    private readonly TextNeedle _needle = new(text);
    private readonly ulong[] _kinds = EventBlock.Wanted(wanted);

    /// <summary>Everything from this number on has been searched.</summary>
    public long Before { get; private set; } = before;

    /// <summary>Whether there is nothing more to search.</summary>
    public bool IsDone { get; private set; }

    /// <summary>When the last event that was looked at was accepted, in Unix milliseconds; zero before the first.</summary>
    public long SearchedTo { get; private set; }

    /// <summary>The events found in the next step, at most so many.</summary>
    public List<Event> Step(int limit)
    {
        var (low, high) = reader.Between(after, Before);
        var passed = 0;
        foreach (var (first, last, mayHold) in EventSearch.Stretches(reader, _kinds, low, high, backwards: true))
        {
            if (mayHold)
            {
                var found = Read(first, last, limit);
                IsDone = Before <= low;
                return found;
            }

            Before = first;
            if (++passed == StepBlocks)
            {
                return [];
            }
        }

        IsDone = true;
        return [];
    }

    private List<Event> Read(long first, long last, int limit)
    {
        var found = new List<Event>();
        using var connection = reader.Rent();
        var rows = connection
            .Statement(EventReader.Columns + "WHERE seq BETWEEN ?1 AND ?2 AND (?3 IS NULL OR type = ?3) AND (?4 IS NULL OR source = ?4) ORDER BY seq DESC")
            .Bind(1, first).Bind(2, last).Bind(3, wanted.Type).Bind(4, wanted.Source);
        try
        {
            for (var seen = 0L; seen < StepBytes && found.Count < limit;)
            {
                if (!rows.Step())
                {
                    Before = first;
                    return found;
                }

                Before = rows.Number(0);
                SearchedTo = rows.Number(2);
                seen += rows.Span(11).Length;
                if (Holds(rows) && rows.Text(1) is var subject && wanted.Subject?.Matches(subject) != false)
                {
                    found.Add(EventReader.ReadEvent(rows, subject, reader.Salt));
                }
            }

            return found;
        }
        finally
        {
            rows.Reset();
        }
    }

    private bool Holds(Statement row) => _needle.IsIn(row.Span(11)) || _needle.IsIn(row.Span(4)) || _needle.IsIn(row.Span(1)) || _needle.IsIn(row.Span(5));
}
