namespace Sekia.Modules.Journal;

/// <summary>
/// What a person has switched by hand and the journal remembers, as one of its facts: a name and a number. It holds over restarts until
/// someone switches it back.
/// </summary>
/// <param name="name">Of the fact. The names are stored; do not change them.</param>
/// <param name="value">What it is set to; <c>null</c> removes it.</param>
internal sealed class SetSwitch(string name, long? value) : Write<bool>
{
    /// <summary>Since when a workflow is switched off, in Unix milliseconds.</summary>
    public static string OfWorkflow(string workflow) => "disabled." + workflow;

    /// <summary>Whether an agent is in dry run: 1 or 0, instead of what its settings say.</summary>
    public static string OfAgent(string agent) => "dry_run." + agent;

    public override void Apply(JournalTransaction transaction)
    {
        using var set = transaction.Database.Prepare(value is null ? "DELETE FROM facts WHERE name = ?" : "INSERT OR REPLACE INTO facts VALUES (?, ?)");
        set.Bind(1, name);
        if (value is { } number)
        {
            set.Bind(2, number);
        }

        set.Run();
    }

    protected override bool Deliver() => true;
}

/// <summary>The question about switches.</summary>
internal static class SwitchReader
{
    /// <summary>What a switch is set to; <c>null</c> when nobody has set it.</summary>
    public static long? Switch(this JournalReader reader, string name) =>
        reader.Query("SELECT value FROM facts WHERE name = ?", rows => rows.Bind(1, name), row => (long?)row.Number(0)).FirstOrDefault();
}
