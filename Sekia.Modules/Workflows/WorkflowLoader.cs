using Microsoft.Extensions.Logging;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>From a file to a workflow that runs it. Used by one at a time.</summary>
internal sealed partial class WorkflowLoader(
    WorkflowRoster roster, EventJournal journal, AgentRegistry agents, RunExecution execution, LiveOptions<WorkflowsOptions> options, TimeProvider clock, ILogger<WorkflowLoader> logger)
{
    /// <summary>Why sources do not load that are not tried again, by hash: each try would leave a thread behind.</summary>
    private readonly Dictionary<string, string> _held = new(StringComparer.Ordinal);

    /// <summary>
    /// Gives the workflow of a file the version in it, if that is a good one and not the one it has, and sets it going if it is not known yet. The
    /// last good version goes on otherwise.
    /// </summary>
    public void Load(WorkflowFile file)
    {
        var known = roster.Find(file.Name);
        if (file.Refusal is not null)
        {
            Refuse(file.Name, known, file.Refusal);
        }
        else if (known?.NewestHash == file.Hash)
        {
            known.LastLoadError = null;
        }
        else if (_held.TryGetValue(file.Hash, out var held))
        {
            Refuse(file.Name, known, held);
        }
        else
        {
            Start(known ?? Begin(file.Name), file, known);
        }
    }

    private Workflow Begin(string name) => new(name, journal, execution, clock, logger)
    {
        OnVersion = roster.Signal,
        DisabledAt = journal.Reader.Switch(SetSwitch.OfWorkflow(name)),
    };

    private void Start(Workflow workflow, WorkflowFile file, Workflow? known)
    {
        try
        {
            workflow.Change(WorkflowVersion.Load(file.Name, file.Path, file.Source, options.Current, agents, workflow.Memory, logger));
        }
        catch (LuaScriptException fault)
        {
            if (fault.Fault == LuaFault.Held)
            {
                _held[file.Hash] = fault.Message;
            }

            Refuse(file.Name, known, fault.Message);
            return;
        }

        workflow.LastLoadError = null;
        LogLoaded(file.Name, file.Hash[..12]);
        roster.Accept(workflow);
    }

    /// <summary>Notes that a workflow has no good version, or that its newest is not.</summary>
    public void Refuse(string name, Workflow? known, string reason)
    {
        // The folder is looked at every few seconds: what is still so is not said again.
        if (known is not null)
        {
            if (known.LastLoadError != reason)
            {
                LogKept(name, reason);
            }

            known.LastLoadError = reason;
        }
        else if (roster.Refuse(name, reason))
        {
            LogRefused(name, reason);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Workflow {Workflow} is loaded, version {Version}")]
    private partial void LogLoaded(string workflow, string version);

    [LoggerMessage(Level = LogLevel.Error, Message = "Workflow {Workflow} is not loaded: {Reason}")]
    private partial void LogRefused(string workflow, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The new version of workflow {Workflow} is not loaded, the last good one keeps running: {Reason}")]
    private partial void LogKept(string workflow, string reason);
}
