using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Security;

namespace Sekia.Modules.Agents;

/// <summary>Shows commands on <c>sekia.commands.&lt;name&gt;</c> as they are sent, signed when a secret is set, to whoever listens.</summary>
internal sealed partial class CommandCourier(LiveFeed feed, CommandSealer sealer, ILogger<CommandCourier> logger)
{
    /// <summary>Shows one attempt.</summary>
    public void Show(Command command)
    {
        var subject = Subject.OfCommands(command.Agent);
        if (!feed.HasListeners(subject))
        {
            return;
        }

        try
        {
            feed.Publish(new Message(subject, sealer.Seal(command).ToUtf8()));
        }
        catch (InvalidCommandException fault)
        {
            // It is carried out all the same: who only listens must not keep it from that.
            LogNotShown(command.Id, fault.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Command {Id} is not shown to listeners: {Reason}")]
    private partial void LogNotShown(string id, string reason);
}
