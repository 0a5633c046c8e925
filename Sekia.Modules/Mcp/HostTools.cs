using System.ComponentModel;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Mcp;

/// <summary>The tools about the host itself, its agents, events and commands.</summary>
internal sealed class HostTools(StatusApi status, EventsApi events, CommandSending sending)
{
    private static readonly JsonSerializerOptions s_asGiven = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public IEnumerable<McpTool> All =>
    [
        McpTool.Create<StatusView>(GetStatus, "get_status", CommandTraits.ReadOnly),
        McpTool.Create<AgentList>(ListAgents, "list_agents", CommandTraits.ReadOnly, agents => McpTool.Answer(agents, bare: "agents")),
        McpTool.Create<NewestEvents>(ListEvents, "list_events", CommandTraits.ReadOnly),
        McpTool.Create<EventPublished>(PublishEventAsync, "publish_event", CommandTraits.None),
        McpTool.Create<CommandOutcome>(SendCommandAsync, "send_command", CommandTraits.Destructive, CommandSending.Show),
    ];

    [Description("How Sekia is doing: version, uptime, number of agents, events accepted, commands by status, and per workflow how much is delivered, done, failed and waiting.")]
    private StatusView GetStatus() => status.Status();

    [Description("The agents, how each is doing, and the commands each has, with their schemas. Send one with send_command, or with the command's own tool.")]
    private AgentList ListAgents() => status.Agents();

    [Description("Events that Sekia has heard, the newest first. To learn what became of one, give its id to explain_event.")]
    private NewestEvents ListEvents(
        [Description("Only events whose subject matches this pattern, for example sekia.events.github; '*' is one part, '>' the rest.")] string? subject = null,
        [Description("Only events of this type, for example github.issue.opened.")] string? type = null,
        [Description("Only events with a number below this one: the 'next' of an earlier answer.")] long? before = null,
        [Description("How many at most: 1 to 200, 20 when not given.")] int? limit = null) =>
        events.Newest(Listing.Before(before), subject, type, Listing.Limit(limit));

    [Description("Publishes an event, as an agent would: workflows that listen for it run.")]
    private async Task<EventPublished> PublishEventAsync(
        [Description("Whose event it is, one word such as 'deploy'. It is published on sekia.events.<source>, and says of itself that its source is mcp:<source>.")] string source,
        [Description("What happened, for example deploy.finished.")] string event_type,
        [Description("Whatever workflows are to know about it.")] JsonObject? payload = null,
        CancellationToken cancellationToken = default)
    {
        var subject = Subject.OfEvents(source);
        var evt = new Event { Subject = subject, Type = event_type, Source = $"mcp:{source}", Payload = BytesOf(payload) };
        var receipt = await events.PublishAsync(evt, source, cancellationToken);
        return new EventPublished("published", receipt.Id, subject, receipt.Seq);
    }

    [Description("Has an agent carry out a command. The answer comes when it has ended, or after some seconds says how far it has come; it is carried out all the same.")]
    private Task<CommandOutcome> SendCommandAsync(
        [Description("The agent's name, for example github-agent.")] string agent,
        [Description("The command's name, for example add_label.")] string command,
        [Description("The command's arguments; list_agents shows their schema.")] JsonObject payload,
        CancellationToken cancellationToken = default) =>
        sending.SendAsync(agent, command, BytesOf(payload), cancellationToken);

    private static ReadOnlyMemory<byte> BytesOf(JsonObject? payload) =>
        payload is null ? JsonText.Null : Encoding.UTF8.GetBytes(payload.ToJsonString(s_asGiven));
}
