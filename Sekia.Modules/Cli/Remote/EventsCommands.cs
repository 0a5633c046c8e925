using System.CommandLine;
using System.Text.Json.Nodes;
using Sekia.Modules.Cli.Demo;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia events</c> and <c>sekia why</c>: what was heard, and what came of it.</summary>
internal static class EventsCommands
{
    public static Command Create(RemoteCommand remote)
    {
        var subject = new Option<string?>("--subject") { Description = "Only those on subjects that match.", HelpName = "pattern" };
        var type = new Option<string?>("--type") { Description = "Only those of this type.", HelpName = "type" };
        var after = TypedArguments.Number("--after", "Only those after this number of the journal.", "number", least: 0);
        var limit = TypedArguments.Number("--limit", "So many at most.", "count", least: 1);
        Task<JsonNode> ListAsync(HostClient host, ParseResult parsed, CancellationToken stop) => host.GetAsync(
            Query.Of("events", ("subject", parsed.GetValue(subject)), ("type", parsed.GetValue(type)), ("after", $"{parsed.GetValue(after)}"), ("limit", $"{parsed.GetValue(limit)}")), stop);

        var events = new Command("events", "What Sekia has heard.")
        {
            remote.Create("list", "Lists events in the order of the journal.", ListAsync, ShowList, subject, type, after, limit),
            TailCommand.Create(remote),
            Publish(remote),
            ReplayCommand.Create(remote),
            Why(remote, "show", "Shows an event, and what came of it."),
        };
        return events;
    }

    /// <summary><c>sekia why</c>, which is also <c>sekia events show</c>.</summary>
    public static Command Why(RemoteCommand remote, string name = "why", string description = "Shows what came of an event: which workflows acted, and what became of what they asked for.")
    {
        var id = new Argument<string>("event") { Description = "The event's id." };
        return remote.Create(name, description, (host, parsed, stop) => host.GetAsync($"events/{Uri.EscapeDataString(parsed.GetValue(id)!)}/why", stop), ShowWhy, id);
    }

    private static Command Publish(RemoteCommand remote)
    {
        var type = new Argument<string>("type") { Description = "For example deploy.finished." };
        var payload = new Argument<string?>("payload") { Description = "A JSON object; otherwise empty.", DefaultValueFactory = _ => null };
        var subject = new Option<string?>("--subject") { Description = "Otherwise sekia.events.<source>.", HelpName = "subject" };
        var source = new Option<string>("--source") { Description = "Who says so.", HelpName = "name", DefaultValueFactory = _ => "cli" };
        var key = new Option<string?>("--key") { Description = "An event with the same key of the same source is recorded once.", HelpName = "key" };
        return remote.Create(
            "publish",
            "Publishes an event.",
            (host, parsed, stop) => host.PostAsync(
                "events",
                Query.Object(
                    ("type", parsed.GetValue(type)), ("subject", parsed.GetValue(subject)), ("source", parsed.GetValue(source)), ("key", parsed.GetValue(key)),
                    ("payload", Query.Payload(parsed.GetValue(payload)))),
                stop),
            (answer, output) => output.WriteLine($"{answer["id"]}{((bool)answer["duplicate"]! ? " (known already)" : "")}"),
            type, payload, subject, source, key);
    }

    private static void ShowList(JsonNode answer, TextWriter output)
    {
        CliTable.Write(
            output,
            "No events.",
            ["NUMBER", "TIME", "TYPE", "SOURCE", "ID"],
            answer["events"]!.AsArray().Select(one => new[]
            {
                CliTable.Cell(one!["seq"]), CliTable.TimeOfEvent(one["timestamp"]), CliTable.Cell(one["type"]), CliTable.Cell(one["source"]), CliTable.Cell(one["id"]),
            }));
        if (answer["next"] is { } next)
        {
            output.WriteLine($"More with --after {next}.");
        }
    }

    private static void ShowWhy(JsonNode why, TextWriter output)
    {
        var heard = why["event"]!;
        output.WriteLine($"{CliTable.Line(heard["type"])}, {CliTable.Cell(heard["id"])}, {CliTable.TimeOfEvent(heard["timestamp"])}, from {CliTable.Line(heard["source"])}");
        DemoPath.Write(why, output);
        foreach (var workflow in why["workflows"]!.AsArray().Where(one => one!["runs"] is not JsonArray { Count: > 0 }))
        {
            output.WriteLine($"  {CliTable.Cell(workflow!["workflow"])}: {CliTable.Line(workflow["reason"] ?? workflow["outcome"])}");
        }
    }
}
