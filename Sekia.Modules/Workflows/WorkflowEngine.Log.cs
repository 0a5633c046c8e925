using Microsoft.Extensions.Logging;

namespace Sekia.Modules.Workflows;

/// <summary>What the engine says.</summary>
internal sealed partial class WorkflowEngine
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Workflow {Workflow} is switched {To}")]
    private partial void LogSwitched(string workflow, string to);

    [LoggerMessage(Level = LogLevel.Error, Message = "Workflow {Workflow} is wedged: for event {Event} it is held in a call inside Lua that cannot be stopped. It goes on with a fresh state; the event is a dead letter")]
    private partial void LogWedged(string workflow, string @event);

    [LoggerMessage(Level = LogLevel.Error, Message = "The workflows in {Folder} run on as they are, for they cannot be read again: {Reason}")]
    private partial void LogUnreadable(string folder, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Workflow {Workflow} is held in a call inside Lua that cannot be stopped, and is left behind")]
    private partial void LogLeft(string workflow);

    [LoggerMessage(Level = LogLevel.Information, Message = "Workflow {Workflow} has stopped")]
    private partial void LogStopped(string workflow);
}
