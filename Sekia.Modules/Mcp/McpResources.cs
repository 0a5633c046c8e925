using Microsoft.AspNetCore.Http;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Sekia.Modules.Mcp;

/// <summary>What clients can read: the sources of workflows, and events.</summary>
/// <param name="workflows"><c>null</c> when workflows are switched off.</param>
internal sealed class McpResources(EventResources events, WorkflowResources? workflows)
{
    /// <summary>The protocol's limit for one completion.</summary>
    private const int MaxCompletions = 100;

    public ListResourcesResult List() => new() { Resources = [.. workflows?.List() ?? [], .. events.List()] };

    public ListResourceTemplatesResult Templates() => new()
    {
        ResourceTemplates = workflows is null ? [EventResources.Template] : [WorkflowResources.Template, EventResources.Template],
    };

    /// <exception cref="McpProtocolException">There is no such resource.</exception>
    public ReadResourceResult Read(string? uri)
    {
        try
        {
            return Find(uri ?? "") is { } found ? new ReadResourceResult { Contents = [found] } : throw NoSuch(uri);
        }
        catch (BadHttpRequestException fault)
        {
            throw new McpProtocolException(ToolWords.In(fault.Message), McpErrorCode.ResourceNotFound);
        }
    }

    /// <summary>Refuses to watch what will never change, so that nobody waits for news of it.</summary>
    /// <exception cref="McpProtocolException">It is no workflow, or one that does not exist.</exception>
    public string Watched(string? uri) =>
        uri is not null && uri.StartsWith(WorkflowResources.Prefix, StringComparison.Ordinal) && Find(uri) is { } found ? found.Uri
        : uri?.StartsWith(EventResources.Prefix, StringComparison.Ordinal) == true
            ? throw new McpProtocolException($"'{uri}' never changes: an event is what it was. Workflows can be subscribed to.", McpErrorCode.InvalidParams)
        : throw NoSuch(uri);

    /// <summary>The form in which a resource is watched, however the client has written its address.</summary>
    public static string AsWatched(string? uri) => Rest(uri ?? "", WorkflowResources.Prefix) is { } name ? WorkflowResources.UriOf(name) : uri ?? "";

    /// <summary>What an argument of a template may be, given how it begins.</summary>
    public CompleteResult Complete(CompleteRequestParams? asked)
    {
        var template = (asked?.Ref as ResourceTemplateReference)?.Uri;
        var start = asked?.Argument.Value ?? "";
        var known = template == WorkflowResources.Template.UriTemplate && workflows is not null ? workflows.Names()
            : template == EventResources.Template.UriTemplate ? events.Ids()
            : [];
        string[] fitting = [.. known.Where(value => value.StartsWith(start, StringComparison.Ordinal))];
        return new CompleteResult
        {
            Completion = new Completion { Values = [.. fitting.Take(MaxCompletions)], Total = fitting.Length, HasMore = fitting.Length > MaxCompletions },
        };
    }

    private TextResourceContents? Find(string uri) =>
        Rest(uri, WorkflowResources.Prefix) is { } name ? workflows?.Read(name)
        : Rest(uri, EventResources.Prefix) is { } id ? events.Read(id)
        : null;

    private static string? Rest(string uri, string prefix) =>
        uri.StartsWith(prefix, StringComparison.Ordinal) ? Uri.UnescapeDataString(uri[prefix.Length..]) : null;

    private static McpProtocolException NoSuch(string? uri) => new(
        $"There is no resource '{uri}'; resources/list lists workflows and the newest events, and any event is {EventResources.Prefix}<id>.", McpErrorCode.ResourceNotFound);
}
