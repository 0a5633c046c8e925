using Sekia.Modules.Bus;
using Sekia.Modules.Security;

namespace Sekia.Modules.Agents;

/// <summary>Shows commands on <c>sekia.commands.&lt;name&gt;</c> as they are sent, signed when a secret is set, to whoever listens.</summary>
internal sealed class CommandCourier(LiveFeed feed, CommandSealer sealer)
{
    /// <summary>Shows one attempt.</summary>
    public void Show(Command command)
    {
        var subject = Subject.OfCommands(command.Agent);
        if (feed.HasListeners(subject))
        {
            feed.Publish(new Message(subject, sealer.Seal(command).ToUtf8()));
        }
    }
}
