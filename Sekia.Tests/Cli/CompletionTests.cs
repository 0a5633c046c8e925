using System.Diagnostics;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

/// <summary>The scripts of the other shells, in those shells, where they are installed. That of bash is tried in <see cref="ConfigCommandTests"/>.</summary>
public sealed class CompletionTests
{
    /// <summary>What is typed, and what may come of it; nothing, and zsh looks for files.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "sekia work", "workflows" },
        { "sekia events rep", "replay" },
        { "sekia events tail --sub", "--subject" },
        { "sekia token create --role op", "operate" },
        { "sekia skills ", "--help -? -h list" },
        { "sekia nothing x", "" },
    };

    /// <summary>The functions that only the line editor of zsh has, and the words as it divides the line; the cursor stands at the last, or at another.</summary>
    private const string Zsh = """
        compdef() { }
        compadd() { shift; print -r -- "$@" }
        _files() { print files }
        source <(sekia completion zsh)
        words=("${(@s: :)1}")
        CURRENT=${2:-$#words}
        _sekia_completion
        """;

    [ShellTheory("zsh")]
    [MemberData(nameof(Lines))]
    public async Task Zsh_completes_what_the_program_knows(string line, string expected) =>
        Assert.Equal(expected.Length > 0 ? expected : "files", Sorted(await RunAsync("zsh", "-f", "-c", Zsh, "zsh", line)));

    [ShellTheory("zsh")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Zsh_completes_the_word_at_the_cursor_also_when_the_program_is_called_by_its_path(bool byPath) =>
        Assert.Equal("workflows", Sorted(await RunAsync("zsh", "-f", "-c", Zsh, "zsh", $"{(byPath ? SekiaProcess.Program : "sekia")} work --json", "2")));

    [ShellTheory("fish")]
    [MemberData(nameof(Lines))]
    public async Task Fish_completes_what_the_program_knows(string line, string expected) =>
        Assert.Equal(expected, Sorted(await RunAsync("fish", "--no-config", "-c", $"sekia completion fish | source; complete -C '{line}'")));

    private static string Sorted(string output) => string.Join(' ', output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

    private static async Task<string> RunAsync(string shell, params string[] args)
    {
        using var folder = new TemporaryFolder();
        using var process = Process.Start(new ProcessStartInfo(shell, args)
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder.Path,
            Environment = { ["HOME"] = folder.Path, ["PATH"] = $"{Path.GetDirectoryName(SekiaProcess.Program)}:/usr/local/bin:/usr/bin:/bin" },
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}

/// <summary>A theory that is left out, with the reason, where a shell is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ShellTheoryAttribute : TheoryAttribute
{
    private static readonly string[] s_folders = ["/usr/local/bin", "/usr/bin", "/bin"];

    public ShellTheoryAttribute(string shell)
    {
        if (!s_folders.Any(folder => File.Exists(Path.Combine(folder, shell))))
        {
            Skip = $"{shell} is not installed on this machine.";
        }
    }
}
