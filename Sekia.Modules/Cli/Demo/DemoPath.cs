using System.Globalization;
using System.Text.Json.Nodes;
using Sekia.Modules.Cli.Remote;

namespace Sekia.Modules.Cli.Demo;

/// <summary>Writes what became of an event, as <c>/api/v1/events/{id}/why</c> tells it.</summary>
internal static class DemoPath
{
    private const int LongestArguments = 500;

    /// <summary>Whether nothing of it is still on its way.</summary>
    public static bool IsOver(JsonNode why) => Workflows(why).All(workflow =>
        (string)workflow["outcome"]! != "waiting"
        && Runs(workflow).All(run => Items(run, "commands").All(IsOverCommand) && Items(run, "events").All(IsOver)));

    /// <summary>The agents that were asked for something, down to the last consequence.</summary>
    public static IEnumerable<string> AgentsOf(JsonNode why) => Workflows(why).SelectMany(workflow =>
        Items(workflow, "calls").Concat(Runs(workflow).SelectMany(run => Items(run, "commands"))).Select(command => (string)command["agent"]!)
            .Concat(Runs(workflow).SelectMany(run => Items(run, "events")).SelectMany(AgentsOf)));

    /// <summary>Writes the workflows that did something with it, each with its commands, and how many did not.</summary>
    public static void Write(JsonNode why, TextWriter output, string indent = "  ")
    {
        var acted = Workflows(why).Where(workflow => Runs(workflow).Any() || Items(workflow, "calls").Any()).ToArray();
        foreach (var workflow in acted)
        {
            foreach (var run in Runs(workflow))
            {
                WriteRun(CliTable.Line(workflow["workflow"]), run, output, indent);
            }

            if (Items(workflow, "calls").Any())
            {
                output.WriteLine($"{indent}→ workflow {CliTable.Line(workflow["workflow"])} asked with sekia.call");
                foreach (var call in Items(workflow, "calls"))
                {
                    WriteCommand(call, output, indent);
                }
            }
        }

        var others = Workflows(why).Except(acted).ToLookup(workflow => (string)workflow["outcome"]!);
        foreach (var waiting in others["waiting"])
        {
            output.WriteLine($"{indent}→ workflow {CliTable.Line(waiting["workflow"])} has yet to handle it");
        }

        foreach (var off in others["disabled"])
        {
            output.WriteLine($"{indent}→ workflow {CliTable.Line(off["workflow"])} is switched off: it handles the event when it is on again");
        }

        foreach (var faulty in others["not_loaded"])
        {
            output.WriteLine($"{indent}→ workflow {CliTable.Line(faulty["workflow"])} does not load: see `sekia workflows list`");
        }

        var idle = others.Where(same => same.Key is not ("waiting" or "disabled" or "not_loaded")).Sum(same => same.Count());
        output.WriteLine(acted.Length == 0 && !others["waiting"].Concat(others["disabled"]).Any()
            ? $"{indent}no workflow acts on it ({idle} {(idle == 1 ? "is" : "are")} loaded)"
            : $"{indent}{idle} other {(idle == 1 ? "workflow does" : "workflows do")} nothing with it");
    }

    private static void WriteRun(string workflow, JsonNode run, TextWriter output, string indent)
    {
        var facts = run["run"]!;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{indent}→ workflow {workflow}: {facts["outcome"]} in {(double)facts["duration_ms"]!:0.##} ms{(facts["reason"] is { } reason ? $", {CliTable.Line(reason)}" : "")}"));
        foreach (var line in Items(facts, "log"))
        {
            output.WriteLine($"{indent}    log: {CliTable.Line(line)}");
        }

        foreach (var command in Items(run, "commands"))
        {
            WriteCommand(command, output, indent);
        }

        foreach (var published in Items(run, "events"))
        {
            output.WriteLine($"{indent}    → event {CliTable.Line(published["event"]!["type"])} ({CliTable.Line(published["event"]!["id"])})");
            Write(published, output, indent + "      ");
        }
    }

    private static void WriteCommand(JsonNode command, TextWriter output, string indent)
    {
        output.WriteLine($"{indent}    → {CliTable.Line(command["agent"])} {CliTable.Line(command["command"])}: {command["status"]} ({CliTable.Line(command["id"])})");
        output.WriteLine($"{indent}        {Arguments(command["payload"]!)}");
        if (command["reason"] is { } why)
        {
            output.WriteLine($"{indent}        {CliTable.Line(why)}");
        }
    }

    /// <summary>A payload in one line, cut where nobody reads on.</summary>
    public static string Arguments(JsonNode? payload)
    {
        var text = PlainText.Of(payload?.ToJsonString(CliJson.Plain) ?? "null");
        return text.Length <= LongestArguments ? text : text[..LongestArguments] + "…";
    }

    private static bool IsOverCommand(JsonNode command) => (string)command["status"]! is not ("pending" or "running") || command["next_attempt_at"] is not null;

    private static IEnumerable<JsonNode> Workflows(JsonNode why) => Items(why, "workflows");

    private static IEnumerable<JsonNode> Runs(JsonNode workflow) => Items(workflow, "runs");

    private static IEnumerable<JsonNode> Items(JsonNode node, string name) => node[name]?.AsArray().Select(item => item!) ?? [];
}
