using System.Globalization;
using System.Text;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Sekia.Modules.Agents;

namespace Sekia.Modules.Mcp;

/// <summary>The prompt that helps to write a workflow: what Lua has here, and what the agents of this very host can do.</summary>
/// <param name="workflows"><c>null</c> when workflows are switched off.</param>
internal sealed class WriteWorkflowPrompt(AgentRegistry agents, WorkflowResources? workflows)
{
    private const string Name = "write_workflow";
    private const string Task = "task";

    private static readonly string s_guide = ReadGuide();

    public static ListPromptsResult List { get; } = new()
    {
        Prompts =
        [
            new Prompt
            {
                Name = Name,
                Title = "Write a workflow",
                Description = "Helps to write a Lua workflow for this Sekia, with its agents and their commands.",
                Arguments = [new PromptArgument { Name = Task, Description = "What the workflow should do, in your words.", Required = true }],
            },
        ],
    };

    /// <exception cref="McpProtocolException">There is no such prompt, or the task is missing.</exception>
    public GetPromptResult Get(GetPromptRequestParams? asked)
    {
        if (asked?.Name != Name)
        {
            throw new McpProtocolException($"There is no prompt '{asked?.Name}'; there is {Name}.", McpErrorCode.InvalidParams);
        }

        return asked.Arguments?.TryGetValue(Task, out var task) == true && task.ToString() is { Length: > 0 } text
            ? new GetPromptResult
            {
                Description = List.Prompts[0].Description,
                Messages = [new PromptMessage { Role = Role.User, Content = new TextContentBlock { Text = Compose(text) } }],
            }
            : throw new McpProtocolException($"Argument '{Task}' of {Name} is missing: say what the workflow should do.", McpErrorCode.InvalidParams);
    }

    private string Compose(string task)
    {
        var text = new StringBuilder(s_guide).AppendLine().AppendLine("# The agents of this host").AppendLine();
        foreach (var entry in agents.Agents.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"## {entry.Name}").AppendLine();
            if (entry.Agent.Commands.Count == 0)
            {
                text.AppendLine("It has no commands; it only brings events.");
            }

            foreach (var command in entry.Agent.Commands)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"- `{command.Name}`: {command.Description} Payload: `{command.Schema.GetRawText()}`");
            }

            text.AppendLine();
        }

        if (workflows is not null)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Workflows there are already: {string.Join(", ", workflows.Names().DefaultIfEmpty("none"))}.").AppendLine();
        }

        return text.AppendLine("# What the workflow should do").AppendLine().AppendLine(task).ToString();
    }

    private static string ReadGuide()
    {
        using var stream = typeof(WriteWorkflowPrompt).Assembly.GetManifestResourceStream("Sekia.write-workflow.md")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
