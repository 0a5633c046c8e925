using System.ComponentModel;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Mcp;

/// <summary>The tools about workflows and what they did.</summary>
internal sealed class WorkflowTools(WorkflowsApi workflows, WhyApi why, CommandsApi commands)
{
    /// <summary>Messages of MCP are nested no deeper than 64 levels.</summary>
    private const int MaxLevels = 7;

    public IEnumerable<McpTool> All =>
    [
        McpTool.Create<WorkflowList>(ListWorkflows, "list_workflows", CommandTraits.ReadOnly, list => McpTool.Answer(list, bare: "workflows")),
        McpTool.Create<Reloaded>(ReloadWorkflowsAsync, "reload_workflows", CommandTraits.Idempotent),
        McpTool.Create<WhyView>(ExplainEvent, "explain_event", CommandTraits.ReadOnly),
        McpTool.Create<DeadLetters>(ListFailures, "list_failures", CommandTraits.ReadOnly),
        McpTool.Create<Retried>(RetryFailureAsync, "retry_failure", CommandTraits.Destructive),
    ];

    [Description("The workflows that run: what each listens for, how many events it has handled, its last error; and in the structured answer the files that were refused, with the reason.")]
    private WorkflowList ListWorkflows() => workflows.List();

    [Description("Loads what has changed in the folder of workflows. A file with an error does not replace the version that runs.")]
    private Task<Reloaded> ReloadWorkflowsAsync(CancellationToken cancellationToken) => workflows.ReloadAsync(cancellationToken);

    [Description("What became of an event: each workflow with its runs, log lines and commands and what came of those, over seven consequences at most, and why the other workflows did nothing.")]
    private WhyView ExplainEvent([Description("The event's id, evt_…")] string id) => why.Explain(id, MaxLevels);

    [Description("What failed and waits for a decision: runs of workflows, and commands that failed or of which nobody knows whether they were carried out.")]
    private DeadLetters ListFailures(
        [Description("Only runs of this workflow; commands are then left out.")] string? workflow = null,
        [Description("How many of each at most: 1 to 200, 20 when not given.")] int? limit = null)
    {
        var most = Listing.Limit(limit);
        IEnumerable<CommandView> failed = workflow is null
            ? [.. commands.Newest(CommandStatus.Failed, most), .. commands.Newest(CommandStatus.Uncertain, most)]
            : [];
        return new DeadLetters(
            workflows.Failures(workflow, long.MaxValue, most).Runs,
            [.. failed.OrderByDescending(command => command.Seq).Take(most)]);
    }

    [Description("Tries again what failed: a run by its number, a command by its id. What an uncertain command does may then be done twice.")]
    private async Task<Retried> RetryFailureAsync(
        [Description("From list_failures: the number of a run, such as 17, or the id of a command, cmd_…")] FailureId id,
        CancellationToken cancellationToken)
    {
        if (id.Run is { } run)
        {
            await workflows.RetryAsync(run, source: "mcp", cancellationToken);
            return new Retried("retried", id.Text);
        }

        if (!id.IsCommand)
        {
            throw new BadHttpRequestException($"'{Excerpt.Of(id.Text)}' is neither the number of a run nor the id of a command (cmd_…); list_failures lists those there are.");
        }

        await commands.RetryAsync(id.Text, cancellationToken);
        return new Retried("retried", id.Text);
    }
}
