namespace Sekia.Modules.Workflows;

/// <summary>Tells when the files of a folder have changed and then been left alone for half a second.</summary>
internal sealed class FolderWatch : IDisposable
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(500);

    /// <summary>The system may lose notifications, and a folder that is replaced is not watched any more: so one looks anyway.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(30);

    private readonly FileSystemWatcher _watcher;
    private readonly TimeProvider _clock;
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FolderWatch(string folder, TimeProvider clock)
    {
        _clock = clock;
        _watcher = new FileSystemWatcher(folder);
        _watcher.Changed += (_, _) => Changed();
        _watcher.Created += (_, _) => Changed();
        _watcher.Deleted += (_, _) => Changed();
        _watcher.Renamed += (_, _) => Changed();
        _watcher.Error += (_, _) => Changed();
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Waits for a change, and then until there has been none for half a second.</summary>
    public async Task SettledAsync(CancellationToken cancellationToken)
    {
        await ChangedWithinAsync(s_look, cancellationToken);
        while (await ChangedWithinAsync(s_quiet, cancellationToken))
        {
        }
    }

    public void Dispose() => _watcher.Dispose();

    private async Task<bool> ChangedWithinAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var change = Volatile.Read(ref _change).Task;
        await change.WaitAsync(limit, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (!change.IsCompleted)
        {
            return false;
        }

        Volatile.Write(ref _change, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return true;
    }

    private void Changed() => Volatile.Read(ref _change).TrySetResult();
}
