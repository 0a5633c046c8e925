using System.Text;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Workflows;

namespace Sekia.Modules.Mcp;

/// <summary>The sources of workflows as resources, those that were refused included: they are what needs a look.</summary>
internal sealed class WorkflowResources(WorkflowEngine engine)
{
    public const string Prefix = "sekia://workflows/";
    private const string MimeType = "text/x-lua";

    public static ResourceTemplate Template { get; } = new()
    {
        Name = "workflow",
        UriTemplate = Prefix + "{name}",
        Description = "The source of a workflow, as it stands in its file.",
        MimeType = MimeType,
    };

    public IEnumerable<Resource> List() => Names().Select(name => new Resource
    {
        Name = name,
        Title = $"Workflow {name}",
        Uri = UriOf(name),
        Description = engine.Refused.TryGetValue(name, out var reason) ? $"Does not run: {reason}" : "Runs.",
        MimeType = MimeType,
    });

    public IEnumerable<string> Names() =>
        engine.Workflows.Select(workflow => workflow.Name).Concat(engine.Refused.Keys).Order(StringComparer.Ordinal);

    /// <summary>The address of a workflow's source. Names of files may hold characters that no address does.</summary>
    public static string UriOf(string name) => Prefix + Uri.EscapeDataString(name);

    /// <summary>The source; <c>null</c> when there is no such workflow. Only names that the engine knows lead to a file.</summary>
    public TextResourceContents? Read(string name) =>
        Names().Contains(name, StringComparer.Ordinal)
        && WorkflowFolder.Read(engine.Folder, verify: false).FirstOrDefault(file => file.Name == name) is { } found
            ? new TextResourceContents { Uri = UriOf(name), MimeType = MimeType, Text = Encoding.UTF8.GetString(found.Source) }
            : null;
}
