using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Mcp;

/// <summary>What a session offers, in the SDK's terms.</summary>
internal sealed class McpFace(McpTools tools, McpResources resources, WriteWorkflowPrompt prompt)
{
    private const string Instructions =
        "Sekia listens to the services a team works in, runs the team's Lua workflows on what it hears, and carries out commands. "
        + "Begin with get_status and list_agents. To learn why something happened or did not, take an event from list_events and give its id to explain_event; "
        + "what failed is in list_failures. Commands are carried out for real unless their outcome is dry_run.";

    /// <summary>For one session.</summary>
    /// <param name="watched">The resources this session wants to hear about.</param>
    public McpServerOptions OptionsFor(WatchedResources watched) => new()
    {
        ServerInfo = new Implementation { Name = "sekia", Title = "Sekia", Version = HostVersion.Text },
        ServerInstructions = Instructions,
        ScopeRequests = false,
        Capabilities = new ServerCapabilities
        {
            Tools = new ToolsCapability(),
            Prompts = new PromptsCapability(),
            Resources = new ResourcesCapability { Subscribe = true, ListChanged = true },
            Completions = new CompletionsCapability(),
        },
        Handlers = new McpServerHandlers
        {
            ListToolsHandler = (_, _) => ValueTask.FromResult(tools.List()),
            CallToolHandler = (call, cancellationToken) => tools.CallAsync(call.Params, cancellationToken),
            ListPromptsHandler = (_, _) => ValueTask.FromResult(WriteWorkflowPrompt.List),
            GetPromptHandler = (asked, _) => ValueTask.FromResult(prompt.Get(asked.Params)),
            ListResourcesHandler = (_, _) => ValueTask.FromResult(resources.List()),
            ListResourceTemplatesHandler = (_, _) => ValueTask.FromResult(resources.Templates()),
            ReadResourceHandler = (asked, _) => ValueTask.FromResult(resources.Read(asked.Params?.Uri)),
            CompleteHandler = (asked, _) => ValueTask.FromResult(resources.Complete(asked.Params)),
            SubscribeToResourcesHandler = (asked, _) =>
            {
                watched.Add(resources.Watched(asked.Params?.Uri));
                return ValueTask.FromResult(new EmptyResult());
            },
            UnsubscribeFromResourcesHandler = (asked, _) =>
            {
                watched.Remove(asked.Params?.Uri ?? "");
                return ValueTask.FromResult(new EmptyResult());
            },
        },
    };
}
