namespace Sekia.Modules.Journal;

/// <summary>Something to be recorded: one part of a transaction that it may share with others.</summary>
internal abstract class Write
{
    /// <summary>About how much it brings, for the bound of the queue.</summary>
    public virtual long Bytes => 256;

    /// <summary>
    /// Whether it may be turned away when very many wait: what comes from outside can be sent again. What the house records of its own
    /// work cannot, and each part of it has only a few writes under way.
    /// </summary>
    public virtual bool IsRefusable => false;

    /// <summary>Puts its rows into the open transaction. May run again after a rollback. On the writer's thread.</summary>
    /// <exception cref="WriteRefusedException">It cannot be recorded, whatever the others do; thrown before any row was touched.</exception>
    public abstract void Apply(JournalTransaction transaction);

    /// <summary>It is on disk. On the writer's thread, in the order of the queue.</summary>
    public abstract void Committed();

    /// <summary>It is not recorded, and will not be. On the writer's thread.</summary>
    public abstract void Failed(Exception reason);
}

/// <summary>A write that someone awaits.</summary>
internal abstract class Write<TAnswer> : Write
{
    private readonly TaskCompletionSource<TAnswer> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TAnswer> Completion => _completion.Task;

    public sealed override void Committed() => _completion.SetResult(Deliver());

    public override void Failed(Exception reason) => _completion.SetException(reason);

    /// <summary>Tells those concerned, now that it is on disk, and makes the answer.</summary>
    protected abstract TAnswer Deliver();
}
