using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia commands</c>: what agents were told to do.</summary>
internal static class CommandsCommands
{
    public static Command Create(RemoteCommand remote)
    {
        var status = new Option<string?>("--status") { Description = "Only those that stand so.", HelpName = "status" };
        var agent = new Option<string?>("--agent") { Description = "Only those to this agent.", HelpName = "name" };
        var limit = TypedArguments.Number("--limit", "So many at most.", "count", least: 1);
        return new Command("commands", "What agents were told to do.")
        {
            remote.Create(
                "list",
                "Lists commands.",
                (host, parsed, stop) => host.GetAsync(Query.Of("commands", ("status", parsed.GetValue(status)), ("agent", parsed.GetValue(agent)), ("limit", $"{parsed.GetValue(limit)}")), stop),
                ShowList, status, agent, limit),
            Send(remote),
            Decide(remote, "retry", "Has one that failed tried again."),
            Decide(remote, "dismiss", "Lets one that failed rest."),
        };
    }

    private static Command Send(RemoteCommand remote)
    {
        var agent = new Argument<string>("agent") { Description = "For example http-agent." };
        var name = new Argument<string>("command") { Description = "One that it knows, see `sekia agents --json`." };
        var payload = new Argument<string?>("payload") { Description = "A JSON object with the arguments; otherwise empty.", DefaultValueFactory = _ => null };
        var dry = new Option<bool>("--dry-run") { Description = "Only checks and records it; it is not sent." };
        return remote.Create(
            "send",
            "Tells an agent to do something.",
            (host, parsed, stop) => host.PostAsync(
                "commands", Query.Object(("agent", parsed.GetValue(agent)), ("command", parsed.GetValue(name)), ("payload", Query.Payload(parsed.GetValue(payload))), ("dry_run", parsed.GetValue(dry) ? true : null)), stop),
            (answer, output) => output.WriteLine(CliTable.Cell(answer["id"])),
            agent, name, payload, dry);
    }

    private static Command Decide(RemoteCommand remote, string name, string description)
    {
        var id = new Argument<string>("id") { Description = "The command's id." };
        return remote.Create(
            name,
            description,
            (host, parsed, stop) => host.PostAsync($"commands/{Uri.EscapeDataString(parsed.GetValue(id)!)}/{name}", body: null, stop),
            (answer, output) => output.WriteLine($"{answer["id"]}: {(name == "dismiss" ? "dismissed" : (string)answer["status"]!)}"),
            id);
    }

    private static void ShowList(JsonNode answer, TextWriter output) => CliTable.Write(
        output,
        "No commands.",
        ["ID", "TIME", "AGENT", "COMMAND", "STATUS", "ATTEMPTS", "REASON"],
        answer["commands"]!.AsArray().Select(one => new[]
        {
            CliTable.Cell(one!["id"]), CliTable.Time(one["accepted_at"]), CliTable.Cell(one["agent"]), CliTable.Cell(one["command"]), CliTable.Cell(one["status"]),
            CliTable.Cell(one["attempts"]), CliTable.Cell(one["reason"]),
        }));
}
