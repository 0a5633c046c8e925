namespace Sekia.Modules.Journal;

/// <summary>Failed runs are put aside: one, or all of a consumer.</summary>
/// <param name="run">Which one; <c>null</c> for all.</param>
/// <param name="consumer">Of which consumer; <c>null</c> for any.</param>
internal sealed class DismissRuns(long? run, string? consumer) : Write<int>
{
    private int _dismissed;

    public override void Apply(JournalTransaction transaction)
    {
        using var update = transaction.Database.Prepare(
            "UPDATE runs SET dismissed_at = ?1 WHERE outcome = 1 AND dismissed_at IS NULL AND (?2 IS NULL OR id = ?2) " +
            "AND (?3 IS NULL OR consumer = (SELECT id FROM consumers WHERE name = ?3))");
        _dismissed = update.Bind(1, transaction.Now).Bind(2, run).Bind(3, consumer).Run();
    }

    protected override int Deliver() => _dismissed;
}

/// <summary>Failed runs are put aside, each by its number. Those that wait for no decision any more are passed over.</summary>
internal sealed class DismissRunsOf(IReadOnlyList<long> runs) : Write<int>
{
    private int _dismissed;

    public override void Apply(JournalTransaction transaction)
    {
        using var update = transaction.Database.Prepare("UPDATE runs SET dismissed_at = ? WHERE id = ? AND outcome = 1 AND dismissed_at IS NULL");
        _dismissed = runs.Sum(run => update.Bind(1, transaction.Now).Bind(2, run).Run());
    }

    protected override int Deliver() => _dismissed;
}
