using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>All workflows: loads them from their folder, keeps each running, and gives each a new version when its file changes.</summary>
internal sealed partial class WorkflowEngine(
    WorkflowRoster roster,
    WorkflowLoader loader,
    EventJournal journal,
    RunExecution execution,
    LiveOptions<WorkflowsOptions> options,
    IHostEnvironment environment,
    TimeProvider clock,
    ILogger<WorkflowEngine> logger)
    : BackgroundService
{
    /// <summary>How long after its limit a run that does not end is waited for.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _loading = new(1);
    private readonly Lock _gate = new();
    private Task? _stopped;

    /// <inheritdoc cref="WorkflowRoster.NextVersion"/>
    public Task NextVersion => roster.NextVersion;

    /// <inheritdoc cref="WorkflowRoster.Workflows"/>
    public IReadOnlyList<Workflow> Workflows => roster.Workflows;

    /// <inheritdoc cref="WorkflowRoster.Refused"/>
    public IReadOnlyDictionary<string, string> Refused => roster.Refused;

    /// <summary>Where the files are.</summary>
    public string Folder => Path.GetFullPath(options.Current.Directory, environment.ContentRootPath);

    /// <summary>
    /// Loads what has changed in the folder: new and changed files start or replace, missing ones stop. The others are not touched. What is
    /// accepted after this has returned is seen by all that run.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read; everything runs on as it is.</exception>
    public async Task<FolderReading> ReloadAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            var before = Workflows.ToDictionary(workflow => workflow.Name, workflow => workflow.NewestHash);
            var files = WorkflowFolder.Read(Folder, options.Current.VerifyIntegrity);
            foreach (var file in files)
            {
                cancellationToken.ThrowIfCancellationRequested();
                loader.Load(file);
            }

            await StopMissingAsync([.. files.Select(file => file.Name)]);
            var after = Workflows;
            await Task.WhenAll(after.Select(workflow => workflow.Begun)).WaitAsync(cancellationToken);
            return new FolderReading(
                [.. after.Where(workflow => workflow.NewestHash != before.GetValueOrDefault(workflow.Name)).Select(workflow => workflow.Name)],
                Refused.Concat(from workflow in after where workflow.LastLoadError is not null select KeyValuePair.Create(workflow.Name, workflow.LastLoadError))
                    .OrderBy(file => file.Key, StringComparer.Ordinal).ToArray(),
                [.. before.Keys.Except(after.Select(workflow => workflow.Name)).Order(StringComparer.Ordinal)]);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>
    /// Leaves a workflow behind whose state is held in a call inside Lua, and starts it anew with a fresh state. The thread that is held stays
    /// so until the call ends; whatever comes of it is refused by the journal.
    /// </summary>
    public async Task ReplaceWedgedAsync(Workflow wedged, WorkflowRun culprit, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (roster.Find(wedged.Name) != wedged)
            {
                return;
            }

            var fresh = new Workflow(wedged.Name, journal, execution, clock, logger)
            {
                OnVersion = roster.Signal,
                Former = wedged.Consumer,
                DisabledAt = wedged.DisabledAt,
                Wedged = wedged.Wedged + 1,
                Culprit = culprit,
                LastError = wedged.LastError,
                LastLoadError = wedged.LastLoadError,
            };
            LogWedged(wedged.Name, culprit.Event.Id);
            try
            {
                // From memory: what stands in the file may have been refused, or be gone.
                fresh.Change(wedged.GiveUp());
                roster.Replace(wedged, fresh);
            }
            catch (LuaScriptException fault)
            {
                roster.Replace(wedged, null);
                LetGo(wedged);
                loader.Refuse(wedged.Name, known: null, fault.Message);
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>
    /// Switches a workflow off or on, for as long as nobody switches it back. Switched off it keeps its place: no event is begun once this
    /// has returned, and those that come wait.
    /// </summary>
    /// <returns>The workflow; <c>null</c> when there is none of that name.</returns>
    /// <exception cref="JournalUnavailableException">It cannot be written down, and nothing has changed.</exception>
    public async Task<Workflow?> SwitchAsync(string name, bool on, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (roster.Find(name) is not { } workflow)
            {
                return null;
            }

            if (workflow.DisabledAt is null != on)
            {
                long? disabledAt = on ? null : clock.GetUtcNow().ToUnixTimeMilliseconds();
                await journal.CommitAsync(new SetSwitch(SetSwitch.OfWorkflow(name), disabledAt), CancellationToken.None);
                workflow.Switch(disabledAt);
                LogSwitched(name, on ? "on" : "off");

                // Its schedules are due anew.
                roster.Signal();
            }

            return workflow;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <exception cref="StartFailedException">The folder that the settings name is not there.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Current.FaultOfDirectory(environment.ContentRootPath) is { } fault)
        {
            throw new StartFailedException($"Sekia cannot start. {fault}");
        }

        Directory.CreateDirectory(Folder);
        await ReloadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <remarks>A host may be told to stop more than once; it is done once, and all who asked wait for it.</remarks>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _stopped ??= StopOnceAsync(cancellationToken);
        }
    }

    private async Task StopOnceAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!await HasEnteredAsync(cancellationToken))
        {
            return;
        }

        try
        {
            // What Lua does not give back in time is left behind: nothing of it is recorded, and the event is handled after the next start.
            await StopMissingAsync([]).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _loading.Release();
        }
    }

    private async Task<bool> HasEnteredAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _loading.WaitAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public override void Dispose()
    {
        _loading.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Current.HotReload)
        {
            return;
        }

        using var changes = new FolderWatch(Folder, logger);
        try
        {
            while (true)
            {
                await changes.SettledAsync(stoppingToken);
                try
                {
                    await ReloadAsync(stoppingToken);
                }
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JournalUnavailableException)
                {
                    LogUnreadable(Folder, fault.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task StopMissingAsync(HashSet<string> present)
    {
        var gone = roster.TakeMissing(present);
        await Task.WhenAll(gone.Select(StopAsync));
        if (gone.Count > 0)
        {
            roster.Signal();
        }
    }

    private async Task StopAsync(RunningWorkflow running)
    {
        var ended = running.DisposeAsync().AsTask();
        if (await Task.WhenAny(ended, Task.Delay(options.Current.HandlerTimeout + Grace)) == ended)
        {
            await ended;
            LogStopped(running.Workflow.Name);
        }
        else
        {
            // It ends, and its memory is freed, if Lua ever gives it back.
            LetGo(running.Workflow);
            LogLeft(running.Workflow.Name);
        }
    }

    /// <summary>What is accepted from now on does not wait for it: it may never end, and the journal would keep all of it.</summary>
    private void LetGo(Workflow held)
    {
        if (held.Consumer is { } consumer)
        {
            journal.Detach(consumer);
        }
    }
}
