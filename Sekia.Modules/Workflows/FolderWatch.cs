using Microsoft.Extensions.Logging;

namespace Sekia.Modules.Workflows;

/// <summary>Tells when the files of a folder have changed and then been left alone for half a second: of real time, as the file system knows no other.</summary>
internal sealed partial class FolderWatch : IDisposable
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(500);

    /// <summary>The system may lose notifications, and a folder that is replaced is not watched any more: so one looks anyway.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    private readonly string _folder;
    private readonly ILogger _logger;
    private FileSystemWatcher? _watcher;
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FolderWatch(string folder, ILogger logger)
    {
        (_folder, _logger) = (folder, logger);
        Watch();
    }

    /// <summary>Waits for a change, and then until there has been none for half a second.</summary>
    public async Task SettledAsync(CancellationToken cancellationToken)
    {
        if (!await ChangedWithinAsync(s_look, cancellationToken))
        {
            // Another folder may have taken the name meanwhile.
            Watch();
        }

        while (await ChangedWithinAsync(s_quiet, cancellationToken))
        {
        }
    }

    public void Dispose() => _watcher?.Dispose();

    private void Watch()
    {
        _watcher?.Dispose();
        _watcher = null;
        try
        {
            _watcher = new FileSystemWatcher(_folder);
            _watcher.Changed += (_, _) => Changed();
            _watcher.Created += (_, _) => Changed();
            _watcher.Deleted += (_, _) => Changed();
            _watcher.Renamed += (_, _) => Changed();
            _watcher.Error += (_, _) => Changed();
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception fault) when (fault is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // Gone for the moment, or the system watches no more folders.
            LogNotWatched(_folder, s_look.TotalSeconds, fault.Message);
        }
    }

    private async Task<bool> ChangedWithinAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var change = Volatile.Read(ref _change).Task;
        await change.WaitAsync(limit, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (!change.IsCompleted)
        {
            return false;
        }

        Volatile.Write(ref _change, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return true;
    }

    private void Changed() => Volatile.Read(ref _change).TrySetResult();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Folder} cannot be watched; it is looked at every {Seconds} s. {Reason}")]
    private partial void LogNotWatched(string folder, double seconds, string reason);
}
