using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Sekia.Tests;

public sealed class ModuleBoundaryTests
{
    /// <summary>The spine: what every module may use. Any other module is spoken to by events and commands.</summary>
    private static readonly string[] s_spine = ["Workflows", "Bus", "Journal", "Agents", "Security", "Hosting"];

    /// <summary>One definition behind its faces: what MCP answers and the dashboard shows is what the API answers.</summary>
    private static readonly (string Module, string Uses)[] s_faces = [("Mcp", "Api"), ("Dashboard", "Api")];

    [Fact]
    public void A_module_refers_only_to_itself_and_the_spine()
    {
        var folders = Directory.GetDirectories(ModulesRoot());
        var names = folders.Select(folder => Path.GetFileName(folder)).ToArray();

        var offences =
            from folder in folders
            let own = Path.GetFileName(folder)
            from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            let source = File.ReadAllText(file)
            from other in names.Except([own, .. s_spine, .. s_faces.Where(face => face.Module == own).Select(face => face.Uses)])
            where Regex.IsMatch(source, $@"Sekia\.Modules\.{other}\b|(?<![\w.""]){other}\.[A-Z]")
            select $"{Path.GetRelativePath(ModulesRoot(), file)} refers to {other}";

        Assert.Empty(offences);
    }

    [Fact]
    public void The_namespace_of_a_file_is_its_folder()
    {
        var offences =
            from file in Directory.EnumerateFiles(ModulesRoot(), "*.cs", SearchOption.AllDirectories)
            let relative = Path.GetRelativePath(ModulesRoot(), Path.GetDirectoryName(file)!)
            let expected = relative == "." ? "Sekia.Modules" : $"Sekia.Modules.{relative.Replace(Path.DirectorySeparatorChar, '.')}"
            where !Regex.IsMatch(File.ReadAllText(file), $@"^namespace {Regex.Escape(expected)};\r?$", RegexOptions.Multiline)
            select $"{Path.GetRelativePath(ModulesRoot(), file)} is not in namespace {expected}";

        Assert.Empty(offences);
    }

    private static string ModulesRoot([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "Sekia.Modules");
}
