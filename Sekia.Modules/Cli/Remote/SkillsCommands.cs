using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Remote;

/// <summary><c>sekia skills</c>: what the team has written down.</summary>
internal static class SkillsCommands
{
    public static Command Create(RemoteCommand remote) => new("skills", "What the team has written down about how things are done.")
    {
        remote.Create("list", "Lists the skills.", (host, _, stop) => host.GetAsync("skills", stop), Show),
    };

    private static void Show(JsonNode answer, TextWriter output)
    {
        CliTable.Write(
            output,
            "No skills.",
            ["NAME", "VERSION", "HANDLER", "TRIGGERS", "DESCRIPTION"],
            answer["skills"]!.AsArray().Select(one => new[]
            {
                CliTable.Cell(one!["name"]), CliTable.Cell(one["version"]), (bool)one["has_handler"]! ? "yes" : "no", CliTable.Cell(one["triggers"]), CliTable.Cell(one["description"]),
            }));
        foreach (var refused in answer["refused"]!.AsArray())
        {
            output.WriteLine($"{CliTable.Line(refused!["name"])} is not understood: {CliTable.Line(refused["error"])}");
        }
    }
}
