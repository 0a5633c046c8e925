using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sekia.Tests.GitHub;

/// <summary>Programs and data from the npm packages that the tests measure Sekia against.</summary>
internal static class NodeProgram
{
    private static readonly string s_folder = Folder();

    /// <summary>A file of these packages.</summary>
    public static string File(string path)
    {
        var file = Path.Combine(s_folder, path);
        Assert.True(System.IO.File.Exists(file), $"{file} is missing: run ./test.sh, or npm ci --prefix Sekia.Tests/npm --ignore-scripts.");
        return file;
    }

    /// <summary>Starts a program with all three streams in our hands.</summary>
    public static Process Start(string path, params string[] args) => Process.Start(new ProcessStartInfo("node", [File(path), .. args])
    {
        WorkingDirectory = s_folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "npm"));
}
