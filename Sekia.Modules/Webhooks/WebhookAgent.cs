using Sekia.Modules.Agents;

namespace Sekia.Modules.Webhooks;

/// <summary>Stands in the registry for the webhooks: their events come in through <see cref="WebhookEndpoint"/>, and nothing can be asked of them.</summary>
internal sealed class WebhookAgent(string name) : IAgent
{
    public string Name => name;

    public IReadOnlyList<string> Capabilities => ["webhooks"];
}
