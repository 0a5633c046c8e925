using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>All workflows: loads them from their folder, keeps each running, and gives each a new version when its file changes.</summary>
internal sealed partial class WorkflowEngine(
    EventJournal journal, AgentRegistry agents, RunExecution execution, LiveOptions<WorkflowsOptions> options, IHostEnvironment environment, TimeProvider clock, ILogger<WorkflowEngine> logger)
    : BackgroundService
{
    private readonly Dictionary<string, RunningWorkflow> _workflows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _refused = new(StringComparer.Ordinal);
    /// <summary>How long after its limit a run that does not end is waited for.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _loading = new(1);
    private Task? _stopped;
    private TaskCompletionSource _nextVersion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a version of any workflow takes over, and when workflows end.</summary>
    public Task NextVersion => Volatile.Read(ref _nextVersion).Task;

    /// <summary>The workflows that run, by name.</summary>
    public IReadOnlyList<Workflow> Workflows
    {
        get
        {
            lock (_workflows)
            {
                return [.. _workflows.Values.Select(running => running.Workflow).OrderBy(workflow => workflow.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>The files that never had a good version, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Refused
    {
        get
        {
            lock (_workflows)
            {
                return new Dictionary<string, string>(_refused);
            }
        }
    }

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
                Load(file);
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
    /// <returns>Whether it was still there to be replaced.</returns>
    public async Task<bool> ReplaceWedgedAsync(Workflow wedged, WorkflowRun culprit, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            var fresh = new Workflow(wedged.Name, journal, execution, clock, logger)
            {
                OnVersion = Signal,
                DisabledAt = wedged.DisabledAt,
                Wedged = wedged.Wedged + 1,
                Culprit = culprit,
                LastLoadError = wedged.LastLoadError,
            };
            lock (_workflows)
            {
                if (!_workflows.TryGetValue(wedged.Name, out var held) || held.Workflow != wedged)
                {
                    return false;
                }

                // From memory: what stands in the file may have been refused, or be gone.
                fresh.Change(wedged.GiveUp());
                held.Abandon();
                _workflows[wedged.Name] = RunningWorkflow.Start(fresh);
            }

            LogWedged(wedged.Name, culprit.Event.Id);
            return true;
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
            if (Known(name) is not { } workflow)
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
                Signal();
            }

            return workflow;
        }
        finally
        {
            _loading.Release();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        await ReloadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <remarks>A host may be told to stop more than once; it is done once, and all who asked wait for it.</remarks>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_workflows)
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
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
                {
                    LogUnreadable(Folder, fault.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private void Load(WorkflowFile file)
    {
        var known = Known(file.Name);
        if (file.Refusal is not null)
        {
            Refuse(file.Name, known, file.Refusal);
        }
        else if (known?.NewestHash == file.Hash)
        {
            known.LastLoadError = null;
        }
        else
        {
            Start(known ?? Begin(file.Name), file, known);
        }
    }

    private Workflow? Known(string name)
    {
        lock (_workflows)
        {
            return _workflows.GetValueOrDefault(name)?.Workflow;
        }
    }

    private Workflow Begin(string name) => new(name, journal, execution, clock, logger)
    {
        OnVersion = Signal,
        DisabledAt = journal.Reader.Switch(SetSwitch.OfWorkflow(name)),
    };

    /// <summary>Gives a workflow the version in the file, if it is a good one, and sets it going if it is not known yet.</summary>
    private void Start(Workflow workflow, WorkflowFile file, Workflow? known)
    {
        try
        {
            workflow.Change(WorkflowVersion.Load(file.Name, file.Path, file.Source, options.Current, agents, workflow.Memory, logger));
        }
        catch (LuaScriptException fault)
        {
            Refuse(file.Name, known, fault.Message);
            return;
        }

        workflow.LastLoadError = null;
        LogLoaded(file.Name, file.Hash[..12]);
        lock (_workflows)
        {
            _refused.Remove(file.Name);
            if (known is null)
            {
                _workflows[file.Name] = RunningWorkflow.Start(workflow);
            }
        }
    }

    private void Refuse(string name, Workflow? known, string reason)
    {
        // The folder is looked at every few seconds: what is still so is not said again.
        if (known is not null)
        {
            if (known.LastLoadError != reason)
            {
                LogKept(name, reason);
            }

            known.LastLoadError = reason;
            return;
        }

        string? before;
        lock (_workflows)
        {
            before = _refused.GetValueOrDefault(name);
            _refused[name] = reason;
        }

        if (before != reason)
        {
            LogRefused(name, reason);
        }
    }

    private async Task StopMissingAsync(HashSet<string> present)
    {
        List<RunningWorkflow> gone;
        lock (_workflows)
        {
            gone = [.. _workflows.Values.Where(running => !present.Contains(running.Workflow.Name))];
            gone.ForEach(running => _workflows.Remove(running.Workflow.Name));
            foreach (var name in _refused.Keys.Except(present).ToArray())
            {
                _refused.Remove(name);
            }
        }

        await Task.WhenAll(gone.Select(StopAsync));
        if (gone.Count > 0)
        {
            Signal();
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
            LogLeft(running.Workflow.Name);
        }
    }

    private void Signal() =>
        Interlocked.Exchange(ref _nextVersion, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}

/// <summary>What came of reading the folder.</summary>
/// <param name="Loaded">The workflows that are new or have a new version.</param>
/// <param name="Refused">The files that cannot be loaded, each with the reason.</param>
/// <param name="Stopped">The workflows whose files are gone.</param>
internal sealed record FolderReading(IReadOnlyList<string> Loaded, IReadOnlyList<KeyValuePair<string, string>> Refused, IReadOnlyList<string> Stopped);
