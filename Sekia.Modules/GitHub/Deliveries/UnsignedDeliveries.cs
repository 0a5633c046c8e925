using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.GitHub.Deliveries;

/// <summary>
/// Decides about deliveries to an account without a secret: they are taken from this machine, for trying things out, and from nowhere
/// else. What a tunnel or a proxy brings comes from this machine too, by its address, and may have been sent by anyone.
/// </summary>
internal sealed partial class UnsignedDeliveries(ILogger<UnsignedDeliveries> logger)
{
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);

    /// <summary>Whether a request was sent on this machine itself.</summary>
    public static bool IsFromHere(HttpContext context) => ThisMachine.Sent(context) && !WebhooksOnly.Covers(context);

    /// <summary>Says once for each agent that it takes them.</summary>
    public void Tell(string agent, string setting)
    {
        if (_told.TryAdd(agent, true))
        {
            LogTaken(agent, setting);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Agent} takes unsigned webhook deliveries from this machine, because {Setting} is not set")]
    private partial void LogTaken(string agent, string setting);
}
