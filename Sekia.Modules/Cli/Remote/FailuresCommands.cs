using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia failures</c>: runs that failed and wait for somebody to decide.</summary>
internal static class FailuresCommands
{
    public static Command Create(RemoteCommand remote)
    {
        var workflow = new Option<string?>("--workflow") { Description = "Only those of this workflow.", HelpName = "name" };
        var limit = TypedArguments.Number("--limit", "So many at most.", "count", least: 1);
        return new Command("failures", "Runs that failed.")
        {
            remote.Create(
                "list",
                "Lists them, the newest first.",
                (host, parsed, stop) => host.GetAsync(Query.Of("failures", ("workflow", parsed.GetValue(workflow)), ("limit", $"{parsed.GetValue(limit)}")), stop),
                ShowList, workflow, limit),
            Decide(remote, "retry", "Has one executed again, with the workflow as it is now; or all of a workflow."),
            Decide(remote, "dismiss", "Lets one rest; or all of a workflow."),
        };
    }

    private static Command Decide(RemoteCommand remote, string name, string description)
    {
        var id = TypedArguments.NumberArgument("id", "The number of the run, as `sekia failures list` shows it.", least: 1);
        var all = new Option<string?>("--workflow") { Description = "All of this workflow.", HelpName = "name" };
        return remote.Create(
            name,
            description,
            (host, parsed, stop) => (parsed.GetValue(id), parsed.GetValue(all)) switch
            {
                ({ } one, null) => host.PostAsync(string.Create(CultureInfo.InvariantCulture, $"failures/{one}/{name}"), body: null, stop),
                (null, { } workflow) => host.PostAsync(Query.Of($"failures/{name}", ("workflow", workflow)), body: null, stop),
                _ => throw new HostFaultException($"Say which: `sekia failures {name} <id>`, or `sekia failures {name} --workflow <name>`.", HostFaultException.Refused),
            },
            (answer, output) => output.WriteLine((long)answer["count"]! is var count and > 0 ? $"{count} failure(s): {name}" : $"There was nothing to {name}."),
            id, all);
    }

    private static void ShowList(JsonNode answer, TextWriter output) => CliTable.Write(
        output,
        "No failures.",
        ["ID", "TIME", "WORKFLOW", "EVENT", "REASON"],
        (answer["failures"] ?? answer["runs"])!.AsArray().Select(one => new[]
        {
            CliTable.Cell(one!["id"]), CliTable.Time(one["started_at"]), CliTable.Cell(one["workflow"]), CliTable.Cell(one["event"]), CliTable.Cell(one["reason"]),
        }));
}
