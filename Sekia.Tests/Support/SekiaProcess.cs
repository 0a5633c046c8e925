using System.Diagnostics;

namespace Sekia.Tests.Support;

/// <summary>Runs the real program to its end.</summary>
internal static class SekiaProcess
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "sekia.exe" : "sekia");

    /// <param name="root">Where it is started.</param>
    /// <param name="args">What it is given.</param>
    /// <param name="environment">What is set besides.</param>
    /// <param name="meanwhile">What happens while it runs; given its id.</param>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        TemporaryFolder root, string[] args, IReadOnlyDictionary<string, string>? environment = null, Func<int, Task>? meanwhile = null)
    {
        var start = new ProcessStartInfo(Program, args)
        {
            WorkingDirectory = root.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Its socket is its own, and not that of whoever runs the tests.
        start.Environment["XDG_RUNTIME_DIR"] = root.Path;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(s_limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await (meanwhile?.Invoke(process.Id) ?? Task.CompletedTask);
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>SIGTERM, as from a service manager.</summary>
    public static async Task TerminateAsync(int id)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{id}"]);
        await kill.WaitForExitAsync();
    }
}
