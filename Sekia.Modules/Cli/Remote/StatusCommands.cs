using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia status</c> and <c>sekia agents</c>.</summary>
internal static class StatusCommands
{
    public static Command Status(RemoteCommand remote) => remote.Create(
        "status", "Shows whether Sekia is well, and since when it runs.", (host, _, stop) => host.GetAsync("status", stop), ShowStatus);

    public static Command Agents(RemoteCommand remote)
    {
        var agents = remote.Create("agents", "Lists the agents.", (host, _, stop) => host.GetAsync("agents", stop), ShowAgents);
        agents.Add(DryRun(remote));
        return agents;
    }

    private static Command DryRun(RemoteCommand remote)
    {
        var name = new Argument<string>("name") { Description = "The agent's name." };
        var to = TypedArguments.Choice("to", "With settings, those count again.", "on", "off", "settings");
        return remote.Create(
            "dry-run",
            "Switches the dry run of an agent, over its settings.",
            (host, parsed, stop) => host.PostAsync(
                $"agents/{Uri.EscapeDataString(parsed.GetValue(name)!)}/dry-run", new JsonObject { ["on"] = parsed.GetValue(to) switch { "on" => true, "off" => false, _ => null } }, stop),
            (answer, output) => output.WriteLine((bool)answer["dry_run"]! ? $"{CliTable.Cell(answer["name"])} is in dry run: {CliTable.Cell(answer["dry_run_reason"])}" : $"{CliTable.Cell(answer["name"])} sends its commands"),
            name, to);
    }

    private static void ShowStatus(JsonNode status, TextWriter output)
    {
        void Line(string name, JsonNode? value) => output.WriteLine($"{name + ":",-13} {CliTable.Line(value)}");

        Line("Status", status["status"]);
        if (status["reason"] is { } reason)
        {
            Line("Reason", reason);
        }

        Line("Version", status["version"]);
        Line("Uptime", status["uptime"]);
        Line("Started At", status["started_at"]);
        Line("Agents", status["agent_count"]);
        Line("Events", status["events"]?["accepted"]);
        foreach (var (name, count) in status["commands"]!.AsObject().Where(sum => sum.Key is not ("failed" or "uncertain") && (long)sum.Value! > 0))
        {
            output.WriteLine($"{"",-13} {Count((long)count!, "command")} {name}");
        }

        void Attention(string field, string one, string rest)
        {
            if (status["attention"]?[field] is { } count && (long)count > 0)
            {
                output.WriteLine($"{"Attention:",-13} {Count((long)count, one)} {rest}");
            }
        }

        Attention("failed_runs", "run", "failed: `sekia failures list`");
        Attention("failed_commands", "command", "failed: `sekia commands list --status failed`");
        Attention("uncertain_commands", "command", "uncertain: `sekia commands list --status uncertain`");
        Attention("commands_without_agent", "command", "for an agent that does not exist: `sekia commands list --status pending`");
        Attention("workflows_refused", "workflow file", "not loaded as it is: `sekia workflows list`");
        Attention("workflows_off", "workflow", "switched off: `sekia workflows list`");
    }

    private static string Count(long count, string one) => count == 1 ? $"1 {one}" : $"{count} {one}s";

    private static void ShowAgents(JsonNode answer, TextWriter output) => CliTable.Write(
        output,
        "No agents registered.",
        ["NAME", "VERSION", "STATUS", "DRY RUN", "EVENTS", "ERRORS", "LAST HEARTBEAT"],
        answer["agents"]!.AsArray().Select(agent => new[]
        {
            CliTable.Cell(agent!["name"]), CliTable.Cell(agent["version"]), CliTable.Cell(agent["status"]), (bool)agent["dry_run"]! ? "yes" : "no",
            CliTable.Cell(agent["events_processed"]), CliTable.Cell(agent["errors"]), CliTable.Cell(agent["last_heartbeat"]),
        }));
}
