using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>
/// The files in <c>Golden</c>, each with what commands print. What differs is written to <c>Golden</c> beside the tests' program, to be looked
/// at and, if it is meant, put in the file's place.
/// </summary>
/// <param name="folder">Where the commands are run.</param>
internal sealed partial class GoldenFiles(TemporaryFolder folder)
{
    /// <summary>All that the files hold.</summary>
    public static IEnumerable<string> Texts => Directory.EnumerateFiles(Goldens(), "*.txt").Select(File.ReadAllText);

    /// <summary>Compares what was printed.</summary>
    /// <returns>What differs; nothing if nothing does.</returns>
    public static async Task<string> DifferenceAsync(string name, string actual)
    {
        var golden = Path.Combine(Goldens(), name + ".txt");
        var expected = File.Exists(golden) ? await File.ReadAllTextAsync(golden) : "";
        if (expected == actual)
        {
            return "";
        }

        var kept = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "Golden"));
        await File.WriteAllTextAsync(Path.Combine(kept.FullName, name + ".txt"), actual);
        return $"{name} differs, see {kept.FullName}:\n{actual}\n";
    }

    /// <summary>Runs a command in both formats, by the socket that is found by itself.</summary>
    public async Task<string> BothAsync(string name, string[] args, string[] jsonArgs)
    {
        var takesJson = args[0] is not ("--version" or "completion");
        return await SessionAsync(args) + await SessionAsync(takesJson ? [.. jsonArgs, "--json"] : jsonArgs);
    }

    /// <summary>Runs commands that are refused, each as it is: they print a sentence where faults are printed, and nothing else.</summary>
    public async Task<string> RefusedAsync(IEnumerable<string> lines, string[] more, IReadOnlyDictionary<string, string>? environment = null)
    {
        var sessions = lines.Select(line => line.Replace("''", "\0", StringComparison.Ordinal).Split(' ').Select(word => word.Replace("\0", "", StringComparison.Ordinal)).ToArray()).ToArray();
        var texts = new string[sessions.Length];
        await Parallel.ForAsync(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
        {
            var (code, output, error) = await SekiaProcess.RunAsync(folder, [.. sessions[i], .. more], environment);
            texts[i] = Masked($"$ sekia {string.Join(' ', sessions[i].Select(word => word.Length == 0 ? "''" : word))}\n{(output.Length == 0 ? "" : $"UNEXPECTED OUTPUT: {output}")}{error}exit code {code}\n", isJson: true);
        });
        return string.Concat(texts);
    }

    /// <summary>Runs a line of a shell, for what has no end of its own or is typed into.</summary>
    public async Task<string> ShellAsync(string line, string? shown = null)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", $"{{ {line}; }} 2>&1"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder.Path,
            Environment = { ["XDG_RUNTIME_DIR"] = folder.Path, ["PATH"] = $"{Path.GetDirectoryName(SekiaProcess.Program)}:/usr/local/bin:/usr/bin:/bin" },
        })!;
        try
        {
            var output = await shell.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(1));
            await shell.WaitForExitAsync();
            return Masked($"$ {shown ?? line}\n{output}{(shell.ExitCode == 0 ? "" : $"exit code {shell.ExitCode}\n")}", isJson: false);
        }
        finally
        {
            shell.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Runs a command.</summary>
    public async Task<string> SessionAsync(string[] args)
    {
        var (code, output, error) = await SekiaProcess.RunAsync(folder, args);
        return Masked($"$ sekia {string.Join(' ', args)}\n{output}{error}{(code == 0 ? "" : $"exit code {code}\n")}", isJson: args.Contains("--json"));
    }

    private static string Goldens([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");

    /// <summary>Without what differs from run to run; columns, whose width follows, are two spaces apart.</summary>
    public string Masked(string text, bool isJson)
    {
        var masked = Varying().Replace(text.Replace(folder.Path, "ROOT", StringComparison.Ordinal), match => match.Groups["name"].Success ? $"{match.Groups["name"].Value}#"
            : match.Value.StartsWith("evt_", StringComparison.Ordinal) ? "evt_#"
            : match.Value.StartsWith("cmd_", StringComparison.Ordinal) ? "cmd_#"
            : match.Value.StartsWith("sekia_", StringComparison.Ordinal) ? "sekia_#" : "#");
        return isJson ? masked : Gap().Replace(masked, "  ");
    }

    [GeneratedRegex("""
        (evt|cmd)_[0-9a-f-]{36} | \bsekia_[\w-]{43} | \b[0-9a-f]{64}\b | \d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(Z|[+]00:00)? | (?<![\d.])\d+\.\d+\.\d+\b(?!\.)
        | (?<name>"(duration_ms|memory_bytes|timestamp|[a-z]+_at)":\ ?)\d[\d.]* | (?<name>"uptime":\ )"[^"]*" | (?<name>Uptime:\ +)\S+ | (?<name>\bin\ )[\d.]+(?=\ ms) | (?<name>memory_bytes:\ +)\d+ | (?<name>http://127\.0\.0\.1:)\d{2,}
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Varying();

    [GeneratedRegex("(?<=\\S)  +")]
    private static partial Regex Gap();
}
