using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

/// <summary>A write of a test's own: a way onto the writer's thread and into its transaction.</summary>
internal sealed class TestWrite(Action<JournalTransaction> apply, long bytes = 256, bool isRefusable = false) : Write<bool>
{
    public override long Bytes => bytes;

    public override bool IsRefusable => isRefusable;

    public override void Apply(JournalTransaction transaction) => apply(transaction);

    protected override bool Deliver() => true;
}

/// <summary>Keeps the writer in its transaction until disposed.</summary>
internal sealed class HeldWrite : Write<bool>, IDisposable
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();

    public Task Entered => _entered.Task;

    public override void Apply(JournalTransaction transaction)
    {
        _entered.TrySetResult();
        _released.Wait();
    }

    public void Dispose() => _released.Set();

    protected override bool Deliver() => true;
}
