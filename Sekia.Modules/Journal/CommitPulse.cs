namespace Sekia.Modules.Journal;

/// <summary>
/// Beats once for each commit of the journal, whatever it brought: who shows what is in there looks again. For the writer, a beat that nobody
/// waits for is two interlocked instructions per transaction.
/// </summary>
public sealed class CommitPulse
{
    private TaskCompletionSource? _waiting;
    private long _beats;

    /// <summary>How often it has beaten.</summary>
    public long Beats => Interlocked.Read(ref _beats);

    /// <summary>Waits for a beat after those the caller knows of; done at once if there was one.</summary>
    /// <param name="known">What <see cref="Beats"/> was before the caller last looked.</param>
    public Task NextAsync(long known)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = Interlocked.CompareExchange(ref _waiting, mine, null) ?? mine;

        // Asked after the wait has begun: a beat in between is seen by one of the two.
        return Beats != known ? Task.CompletedTask : waiting.Task;
    }

    internal void Beat()
    {
        Interlocked.Increment(ref _beats);
        Interlocked.Exchange(ref _waiting, null)?.SetResult();
    }
}
