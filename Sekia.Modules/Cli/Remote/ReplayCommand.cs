using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Sekia.Modules.Cli.Demo;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia events replay</c>: what the workflows would do with an event now, or the event once more.</summary>
internal static class ReplayCommand
{
    public static Command Create(RemoteCommand remote)
    {
        var id = new Argument<string>("event") { Description = "The event's id." };
        var workflow = new Option<string?>("--workflow") { Description = "Only this one.", HelpName = "name" };
        var live = new Option<bool>("--live") { Description = "Publishes the event once more instead: what the workflows ask for is done." };
        return remote.Create(
            "replay",
            "Runs the workflows as they are now on an event and shows what they would do. Nothing of it is done.",
            (host, parsed, stop) => host.PostSlowAsync(
                Query.Of($"events/{Uri.EscapeDataString(parsed.GetValue(id)!)}/replay", ("dry", parsed.GetValue(live) ? "false" : null), ("workflow", parsed.GetValue(workflow))),
                StandardStreams.Progress(parsed.InvocationConfiguration.Error),
                stop),
            Show, id, workflow, live);
    }

    private static void Show(JsonNode replay, TextWriter output)
    {
        if (!(bool)replay["dry"]!)
        {
            output.WriteLine($"Published once more as {replay["published"]!["id"]}. `sekia why {replay["published"]!["id"]}` tells what comes of it.");
            return;
        }

        output.WriteLine($"Dry replay of {replay["event"]}: nothing of this is done.");
        foreach (var workflow in replay["workflows"]!.AsArray())
        {
            var runs = workflow!["runs"]!.AsArray();
            if (runs.Count == 0)
            {
                output.WriteLine($"  {CliTable.Line(workflow["workflow"])}: {CliTable.Line(workflow["reason"] ?? Meaning((string)workflow["outcome"]!))}");
            }

            foreach (var run in runs)
            {
                ShowRun(CliTable.Line(workflow["workflow"]), run!, output);
            }
        }
    }

    private static void ShowRun(string workflow, JsonNode run, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  → workflow {workflow}, handler {run["handler"]}: {Meaning((string)run["outcome"]!)} in {(double)run["duration_ms"]!:0.##} ms"));
        if (run["reason"] is { } reason)
        {
            output.WriteLine($"      {CliTable.Line(reason)}");
            foreach (var line in CliTable.Cell(run["traceback"]).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                output.WriteLine($"      {line.Replace('\t', ' ').TrimEnd()}");
            }
        }

        void Each(string field, Func<JsonNode, string> line)
        {
            foreach (var item in run[field]!.AsArray())
            {
                output.WriteLine("      " + line(item!));
            }
        }

        Each("log", line => $"log: {CliTable.Line(line)}");
        Each("calls", call => $"asked {CliTable.Line(call["agent"])} {CliTable.Line(call["command"])} {DemoPath.Arguments(call["payload"])}: {(call["error"] is { } error ? CliTable.Line(error) : "answered as before, " + DemoPath.Arguments(call["result"]))}");
        Each("commands", command => $"would send {CliTable.Line(command["agent"])} {CliTable.Line(command["command"])} {DemoPath.Arguments(command["payload"])}");
        Each("events", evt => $"would publish {CliTable.Line(evt["type"])} on {CliTable.Line(evt["subject"])} {DemoPath.Arguments(evt["payload"])}");
        Each("state", change => (bool)change["deleted"]! ? $"would forget {CliTable.Line(change["key"])}" : $"would keep {CliTable.Line(change["key"])} = {DemoPath.Arguments(change["value"])}");
        if ((int)run["left_out"]! is var more and > 0)
        {
            output.WriteLine($"      and {more} more");
        }
    }

    private static string Meaning(string outcome) => outcome switch
    {
        "no_pattern" => "does not listen to its subject",
        "type_filter" => "listens to its subject, but not to its type",
        "self_event" => "has published it itself",
        "not_loaded" => "has no version that runs",
        "no_effect" => "runs, and asks for nothing",
        "retry_request" => "the event asks for another run to be tried again; replay the event of that one",
        "held" => "was left in a call inside Lua that cannot be stopped, such as a pattern that takes for ever",
        _ => outcome,
    };
}
