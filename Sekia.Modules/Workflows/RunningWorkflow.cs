namespace Sekia.Modules.Workflows;

/// <summary>A workflow at work, and the way to end it.</summary>
internal sealed class RunningWorkflow : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    private RunningWorkflow(Workflow workflow) => Workflow = workflow;

    public Workflow Workflow { get; }

    public static RunningWorkflow Start(Workflow workflow)
    {
        var running = new RunningWorkflow(workflow);
        running._work = Task.Run(() => workflow.RunAsync(running._stop.Token));
        return running;
    }

    /// <summary>Leaves it behind: it cannot be ended, and its memory must not be freed while it is held.</summary>
    public void Abandon() => _stop.Cancel();

    /// <summary>Ends it after the event at hand; what is done is committed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
        Workflow.Dispose();
    }
}
