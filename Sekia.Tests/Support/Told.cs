using Sekia.Modules.Journal;

namespace Sekia.Tests.Support;

/// <summary>The end of a commit, which is seen by readers a moment before sums, streams and counters know of it.</summary>
internal static class Told
{
    /// <summary>Waits until everything that can be read in the journal now has been told to all who count or follow it.</summary>
    public static Task ToldAsync(this EventJournal journal) => journal.CommitAsync(new Nothing(), CancellationToken.None);

    /// <summary>The writer begins with it after all that was committed before has been told.</summary>
    private sealed class Nothing : Write<bool>
    {
        public override void Apply(JournalTransaction transaction)
        {
        }

        protected override bool Deliver() => true;
    }
}
