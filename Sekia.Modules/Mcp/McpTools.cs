using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Mcp;

/// <summary>All tools, by name. The list does not change while the host runs, for neither do its agents.</summary>
internal sealed partial class McpTools(IReadOnlyList<McpTool> tools, ILogger<McpTools> logger)
{
    private static readonly JsonElement s_noArguments = JsonElement.Parse("{}");

    private readonly FrozenDictionary<string, McpTool> _byName = tools.ToFrozenDictionary(tool => tool.Definition.Name, StringComparer.Ordinal);

    /// <summary>Those that a caller may use.</summary>
    public ListToolsResult ListFor(Caller caller) => new() { Tools = [.. tools.Where(tool => caller.Role >= tool.Needs).Select(tool => tool.Definition)] };

    /// <summary>Calls a tool. What goes wrong is a result that says so, in the words of the API with tools for its addresses, for the assistant to read.</summary>
    /// <exception cref="McpProtocolException">There is no such tool, or not for this caller.</exception>
    public async ValueTask<CallToolResult> CallAsync(CallToolRequestParams? call, Caller caller, CancellationToken cancellationToken)
    {
        if (call is null || !_byName.TryGetValue(call.Name, out var tool))
        {
            throw new McpProtocolException(
                $"There is no tool '{call?.Name}'; tools/list lists those there are. Commands that may destroy something are tools only when Mcp:DestructiveTools is on.",
                McpErrorCode.InvalidParams);
        }

        if (caller.Role < tool.Needs)
        {
            throw new McpProtocolException(
                $"Tool '{call.Name}' is not for {caller.Name}, whose role is 'read'. Create one that may act: sekia token create --role operate --name <name>",
                McpErrorCode.InvalidRequest);
        }

        try
        {
            return await tool.CallAsync(ArgumentsOf(call), cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            var (status, sentence) = ProblemAnswers.Of(fault);
            if (status == StatusCodes.Status500InternalServerError)
            {
                LogUnforeseen(fault, call.Name);
            }

            return new CallToolResult { IsError = true, Content = [new TextContentBlock { Text = ToolWords.In(sentence) }] };
        }
    }

    private static JsonElement ArgumentsOf(CallToolRequestParams call) => call.Arguments is { Count: > 0 } arguments
        ? JsonSerializer.SerializeToElement(arguments, McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, JsonElement>)))
        : s_noArguments;

    [LoggerMessage(Level = LogLevel.Error, Message = "MCP tool {Tool} ended in an unforeseen error")]
    private partial void LogUnforeseen(Exception exception, string tool);
}
