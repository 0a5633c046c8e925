using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;

namespace Sekia.Modules.GitHub.Commands;

/// <summary>Puts issues and pull requests into projects and sets their fields there. GitHub offers that in GraphQL only.</summary>
internal sealed class ProjectCommand(GitHubClient github)
{
    private const string Find = """
        query($owner: String!, $repo: String!, $number: Int!) {
          repository(owner: $owner, name: $repo) {
            issueOrPullRequest(number: $number) { ... on Issue { id } ... on PullRequest { id } }
          }
        }
        """;

    /// <summary>What is in the project already stays the item it is.</summary>
    private const string Add = """
        mutation($project: ID!, $content: ID!) {
          addProjectV2ItemById(input: { projectId: $project, contentId: $content }) { item { id } }
        }
        """;

    private const string Set = """
        mutation($project: ID!, $item: ID!, $field: ID!, $value: ProjectV2FieldValue!) {
          updateProjectV2ItemFieldValue(input: { projectId: $project, itemId: $item, fieldId: $field, value: $value }) { projectV2Item { id } }
        }
        """;

    public IEnumerable<AgentCommand> All => [AgentCommand.Create(AddAsync, "add_to_project", CommandTraits.Idempotent)];

    [Description("Adds an issue or pull request to a project and sets fields of it there. One that is in the project already only has its fields set.")]
    private async Task<ProjectAnswer> AddAsync(
        [Description(ArgumentTexts.Owner)] string owner,
        [Description(ArgumentTexts.Repo)] string repo,
        [Description(ArgumentTexts.Issue)] int number,
        [Description("The project's node id, PVT_…")] string project_id,
        [Description("Fields to set, each with one value.")] ProjectField[]? fields = null,
        CancellationToken cancellationToken = default)
    {
        // Before anything is sent: what cannot be finished is not begun.
        var values = (fields ?? []).Select((field, index) => (field.FieldId, Value: ValueOf(field, index))).ToArray();

        var item = await AddItemAsync(project_id, await FindAsync(owner, repo, number, cancellationToken), cancellationToken);
        var refused = new List<string>();
        foreach (var (field, value) in values)
        {
            try
            {
                var variables = new JsonObject { ["project"] = project_id, ["item"] = item, ["field"] = field, ["value"] = value };
                await GraphQL.RunAsync(github, Set, variables, $"to set field {GitHubWords.OneLine(field)}", cancellationToken);
            }
            catch (CommandFailedException fault)
            {
                refused.Add(fault.Message);
            }
        }

        return refused.Count == 0
            ? new ProjectAnswer(item, values.Length)
            : throw new CommandFailedException(
                $"#{number.ToString(CultureInfo.InvariantCulture)} is in the project as item {item}, but {refused.Count} of {values.Length} fields could not be set. {string.Join(' ', refused)}");
    }

    private async Task<string> FindAsync(string owner, string repo, int number, CancellationToken cancellationToken)
    {
        var data = await GraphQL.RunAsync(
            github,
            Find,
            new JsonObject { ["owner"] = owner, ["repo"] = repo, ["number"] = number },
            $"to find {GitHubWords.OneLine(owner)}/{GitHubWords.OneLine(repo)}#{number.ToString(CultureInfo.InvariantCulture)}",
            cancellationToken);
        return GraphQL.TextAt(data, "repository", "issueOrPullRequest", "id");
    }

    private async Task<string> AddItemAsync(string project, string content, CancellationToken cancellationToken)
    {
        var variables = new JsonObject { ["project"] = project, ["content"] = content };
        var data = await GraphQL.RunAsync(github, Add, variables, $"to add it to project {GitHubWords.OneLine(project)}", cancellationToken);
        return GraphQL.TextAt(data, "addProjectV2ItemById", "item", "id");
    }

    private static JsonObject ValueOf(ProjectField field, int index)
    {
        var value = new JsonObject();
        foreach (var (name, part) in ((string, JsonNode?)[])
        [
            ("text", field.Text),
            ("number", field.Number),
            ("date", field.Date),
            ("singleSelectOptionId", field.SingleSelectOptionId),
            ("iterationId", field.IterationId),
        ])
        {
            if (part is not null)
            {
                value[name] = part;
            }
        }

        return value.Count == 1
            ? value
            : throw new CommandFailedException(
                $"Argument 'fields[{index}]' has {(value.Count == 0 ? "no value" : "more than one value")}; give one of text, number, date, single_select_option_id, iteration_id.");
    }
}

/// <summary>A field of a project and the one value it is to have.</summary>
internal sealed record ProjectField(
    [property: JsonPropertyName("field_id"), Description("The field's node id, PVTF_… or PVTSSF_…")] string FieldId,
    [property: JsonPropertyName("text")] string? Text = null,
    [property: JsonPropertyName("number")] double? Number = null,
    [property: JsonPropertyName("date"), Description("As 2026-12-31.")] string? Date = null,
    [property: JsonPropertyName("single_select_option_id")] string? SingleSelectOptionId = null,
    [property: JsonPropertyName("iteration_id")] string? IterationId = null);
