namespace Sekia.Modules.Workflows;

/// <summary>Which workflows run, and which files were refused. Anyone may look at it; only the engine writes.</summary>
internal sealed class WorkflowRoster
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RunningWorkflow> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _refused = new(StringComparer.Ordinal);
    private TaskCompletionSource _nextVersion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a version of any workflow takes over, and when workflows end.</summary>
    public Task NextVersion => Volatile.Read(ref _nextVersion).Task;

    /// <summary>The workflows that run, by name.</summary>
    public IReadOnlyList<Workflow> Workflows
    {
        get
        {
            lock (_gate)
            {
                return [.. _running.Values.Select(running => running.Workflow).OrderBy(workflow => workflow.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>The files that never had a good version, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Refused
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, string>(_refused);
            }
        }
    }

    public Workflow? Find(string name)
    {
        lock (_gate)
        {
            return _running.GetValueOrDefault(name)?.Workflow;
        }
    }

    /// <summary>A workflow has a good version: it is set going, if it is not.</summary>
    public void Accept(Workflow workflow)
    {
        lock (_gate)
        {
            _refused.Remove(workflow.Name);
            if (!_running.ContainsKey(workflow.Name))
            {
                _running[workflow.Name] = RunningWorkflow.Start(workflow);
            }
        }
    }

    /// <summary>A file has no good version, and never had one.</summary>
    /// <returns>Whether that was not known already.</returns>
    public bool Refuse(string name, string reason)
    {
        lock (_gate)
        {
            var isNews = _refused.GetValueOrDefault(name) != reason;
            _refused[name] = reason;
            return isNews;
        }
    }

    /// <summary>Leaves a workflow behind that is held, and sets another going in its place, or none.</summary>
    public void Replace(Workflow held, Workflow? fresh)
    {
        lock (_gate)
        {
            if (_running.Remove(held.Name, out var running))
            {
                running.Abandon();
            }

            if (fresh is not null)
            {
                _running[fresh.Name] = RunningWorkflow.Start(fresh);
            }
        }
    }

    /// <summary>Takes those off whose files are not there any more. The workflows among them are to be ended.</summary>
    public IReadOnlyList<RunningWorkflow> TakeMissing(HashSet<string> present)
    {
        lock (_gate)
        {
            foreach (var name in _refused.Keys.Except(present).ToArray())
            {
                _refused.Remove(name);
            }

            RunningWorkflow[] gone = [.. _running.Values.Where(running => !present.Contains(running.Workflow.Name))];
            foreach (var running in gone)
            {
                _running.Remove(running.Workflow.Name);
            }

            return gone;
        }
    }

    /// <summary>Tells those who wait for <see cref="NextVersion"/>.</summary>
    public void Signal() =>
        Interlocked.Exchange(ref _nextVersion, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
