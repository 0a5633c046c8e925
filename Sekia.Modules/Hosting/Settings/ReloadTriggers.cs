using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Hosting.Settings;

/// <summary>Asks for a reload when the settings file changes, and when a message on <c>sekia.config.reload</c> or below says so.</summary>
internal sealed partial class ReloadTriggers(
    SettingsReload reload, LiveFeed feed, IHostEnvironment host, TimeProvider clock, ILogger<ReloadTriggers> logger)
    : BackgroundService
{
    /// <summary>Editors write a file in several steps; this long after the last of them it is read.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(200);

    /// <summary>One waiting request is enough: a reload reads everything. Further ones are dropped.</summary>
    private readonly Channel<TimeSpan> _requests = Channel.CreateBounded<TimeSpan>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Subscription _all = feed.Subscribe(SubjectPattern.Parse(Subject.ConfigReload));
    private readonly Subscription _targeted = feed.Subscribe(SubjectPattern.Parse(Subject.ConfigReload + ".>"));
    private FileSystemWatcher? _watcher;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Not in ExecuteAsync, which begins at some later time: a change after the start must not be missed.
        _watcher = WatchFile();
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _watcher?.Dispose();
        _all.Dispose();
        _targeted.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(ListenAsync(_all, stoppingToken), ListenAsync(_targeted, stoppingToken), ReloadAsync(stoppingToken));

    private async Task ListenAsync(Subscription messages, CancellationToken stopping)
    {
        await foreach (var _ in messages.ReadAllAsync(stopping))
        {
            _requests.Writer.TryWrite(TimeSpan.Zero);
        }
    }

    private async Task ReloadAsync(CancellationToken stopping)
    {
        await foreach (var wait in _requests.Reader.ReadAllAsync(stopping))
        {
            await Task.Delay(wait, clock, stopping);
            reload.Reload();
        }
    }

    /// <summary>Watches one directory, not the tree below it as the framework's own file watch would.</summary>
    private FileSystemWatcher? WatchFile()
    {
        try
        {
            var watcher = new FileSystemWatcher(host.ContentRootPath, SettingsFiles.FileName);
            watcher.Changed += OnChange;
            watcher.Created += OnChange;
            watcher.Renamed += OnChange;
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (IOException fault)
        {
            LogNotWatching(SettingsFiles.FileName, fault.Message);
            return null;
        }
    }

    private void OnChange(object sender, FileSystemEventArgs change) => _requests.Writer.TryWrite(s_quiet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes of {File} will not be noticed ({Reason}); publish on sekia.config.reload after a change")]
    private partial void LogNotWatching(string file, string reason);
}
