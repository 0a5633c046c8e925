using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia workflows</c>: what is loaded, and to have the files read again.</summary>
internal static class WorkflowsCommands
{
    public static Command Create(RemoteCommand remote, HostOptions options)
    {
        var name = new Argument<string>("name") { Description = "The workflow's name." };
        var workflows = remote.Create("workflows", "Lists the workflows.", (host, _, stop) => host.GetAsync("workflows", stop), ShowList);
        workflows.Add(remote.Create("list", "Lists the workflows.", (host, _, stop) => host.GetAsync("workflows", stop), ShowList));
        workflows.Add(remote.Create("show", "Shows all about one.", (host, parsed, stop) => FindAsync(host, parsed.GetValue(name)!, stop), ShowOne, name));
        workflows.Add(remote.Create(
            "reload", "Has the files read again.", (host, _, stop) => host.PostAsync("workflows/reload", body: null, stop), (_, output) => output.WriteLine("Workflows reloaded successfully")));
        workflows.Add(Switch(remote, "enable", "Switches one on: it goes on with the events that waited."));
        workflows.Add(Switch(remote, "disable", "Switches one off: it keeps its place, and its events wait."));
        workflows.Add(SignCommand.Create(options));
        return workflows;
    }

    private static Command Switch(RemoteCommand remote, string name, string description)
    {
        var workflow = new Argument<string>("name") { Description = "The workflow's name." };
        return remote.Create(
            name,
            description,
            (host, parsed, stop) => host.PostAsync($"workflows/{Uri.EscapeDataString(parsed.GetValue(workflow)!)}/{name}", body: null, stop),
            (answer, output) => output.WriteLine($"{CliTable.Cell(answer["name"])}: {CliTable.Cell(answer["state"])}, {CliTable.Cell(answer["waiting"])} event(s) waiting"),
            workflow);
    }

    private static async Task<JsonNode> FindAsync(HostClient host, string name, CancellationToken stop)
    {
        var workflows = (await host.GetAsync("workflows", stop))["workflows"]!.AsArray();
        return workflows.FirstOrDefault(one => (string)one!["name"]! == name)
            ?? throw new HostFaultException(
                $"No workflow is called '{name}'. There are: {string.Join(", ", workflows.Select(one => (string)one!["name"]!))}.", HostFaultException.Refused);
    }

    private static void ShowList(JsonNode answer, TextWriter output)
    {
        CliTable.Write(
            output,
            "No workflows loaded.",
            ["NAME", "STATE", "HANDLERS", "PATTERNS", "EVENTS", "ERRORS", "WAITING", "LOADED AT"],
            answer["workflows"]!.AsArray().Select(one => new[]
            {
                CliTable.Cell(one!["name"]), CliTable.Cell(one["state"]), CliTable.Cell(one["handlers"]), CliTable.Cell(one["patterns"]), CliTable.Cell(one["events"]), CliTable.Cell(one["errors"]),
                CliTable.Cell(one["waiting"]), CliTable.Cell(one["loaded_at"]),
            }));
        foreach (var one in answer["workflows"]!.AsArray().Where(one => one!["load_error"] is not null))
        {
            output.WriteLine($"{CliTable.Cell(one!["name"])} was changed and does not load; the version before goes on: {CliTable.Line(one["load_error"])}");
        }

        foreach (var refused in answer["refused"]!.AsArray())
        {
            output.WriteLine($"{CliTable.Cell(refused!["name"])} is not loaded: {CliTable.Line(refused["error"])}");
        }
    }

    private static void ShowOne(JsonNode workflow, TextWriter output)
    {
        foreach (var (name, value) in workflow.AsObject())
        {
            output.WriteLine($"{name + ":",-14} {CliTable.Line(value)}");
        }
    }
}
