using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Mcp;

/// <summary>What a session offers, in the SDK's terms.</summary>
internal sealed partial class McpFace(McpTools tools, McpResources resources, WriteWorkflowPrompt prompt, ILogger<McpFace> logger)
{
    private const string Instructions =
        "Sekia listens to the services a team works in, runs the team's Lua workflows on what it hears, and carries out commands. "
        + "Begin with get_status and list_agents. To learn why something happened or did not, take an event from list_events and give its id to explain_event; "
        + "what failed is in list_failures. Commands are carried out for real unless their outcome is dry_run.";

    /// <summary>For one session.</summary>
    /// <param name="caller">Whose session it is.</param>
    /// <param name="watched">The resources this session wants to hear about.</param>
    public McpServerOptions OptionsFor(Caller caller, WatchedResources watched) => new()
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
        Filters = new McpServerFilters { Message = new McpMessageFilters { IncomingFilters = [WithSentences], OutgoingFilters = [WithoutLogging] } },
        Handlers = new McpServerHandlers
        {
            ListToolsHandler = (_, _) => AnswerAsync(() => tools.ListFor(caller)),
            CallToolHandler = (call, cancellationToken) => tools.CallAsync(call.Params, caller, cancellationToken),
            ListPromptsHandler = (_, _) => AnswerAsync(() => WriteWorkflowPrompt.List),
            GetPromptHandler = (asked, _) => AnswerAsync(() => prompt.Get(asked.Params)),
            ListResourcesHandler = (_, _) => AnswerAsync(resources.List),
            ListResourceTemplatesHandler = (_, _) => AnswerAsync(resources.Templates),
            ReadResourceHandler = (asked, _) => AnswerAsync(() => resources.Read(asked.Params?.Uri)),
            CompleteHandler = (asked, _) => AnswerAsync(() => resources.Complete(asked.Params)),
            SubscribeToResourcesHandler = (asked, _) => AnswerAsync(() =>
            {
                watched.Add(resources.Watched(asked.Params?.Uri));
                return new EmptyResult();
            }),
            UnsubscribeFromResourcesHandler = (asked, _) => AnswerAsync(() =>
            {
                watched.Remove(McpResources.AsWatched(asked.Params?.Uri));
                return new EmptyResult();
            }),
        },
    };

    /// <summary>The SDK offers to send its clients log lines, also where there are none. This takes it out of the answer to <c>initialize</c>.</summary>
    private static McpMessageHandler WithoutLogging(McpMessageHandler next) => (context, cancellationToken) =>
    {
        if (context.JsonRpcMessage is JsonRpcResponse { Result: JsonObject result } && result["protocolVersion"] is not null && result["capabilities"] is JsonObject capabilities)
        {
            capabilities.Remove("logging");
        }

        return next(context, cancellationToken);
    };

    /// <summary>Parameters of another shape than the protocol's are the client's fault. The SDK calls it ours, and its own words name its types.</summary>
    private static McpMessageHandler WithSentences(McpMessageHandler next) => async (context, cancellationToken) =>
    {
        try
        {
            await next(context, cancellationToken);
        }
        catch (JsonException fault) when (context.JsonRpcMessage is JsonRpcRequest request)
        {
            throw new McpProtocolException(
                $"The parameters of '{request.Method}' are not as the protocol has them: something is missing or of another kind, at {fault.Path ?? "$"}.", fault, McpErrorCode.InvalidParams);
        }
    };

    /// <summary>Only refusals written for the asker leave the house.</summary>
    private ValueTask<T> AnswerAsync<T>(Func<T> answer)
    {
        try
        {
            return ValueTask.FromResult(answer());
        }
        catch (Exception fault) when (fault is not McpProtocolException)
        {
            LogUnforeseen(fault, typeof(T).Name);
            throw new McpProtocolException("internal error; the log has the details", McpErrorCode.InternalError);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Asked over MCP, {Answer} ended in an unforeseen error")]
    private partial void LogUnforeseen(Exception exception, string answer);
}
