using Sekia.Modules.Agents;

namespace Sekia.Modules.Webhooks;

/// <summary>Stands in the registry for the webhooks: their events come in through <see cref="WebhookEndpoint"/>, and nothing can be asked of them.</summary>
internal sealed class WebhookAgent : IAgent
{
    public const string AgentName = "webhook-agent";

    public string Name => AgentName;

    public IReadOnlyList<string> Capabilities => ["webhooks"];
}
