using System.Diagnostics;

namespace Sekia.Tests.Support;

/// <summary>A file system of 16 MiB in memory, mounted below a folder.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    /// <summary>Why there cannot be one here; <c>null</c> when there can.</summary>
    public static string? CannotMount()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            return "Mounting a small file system takes Linux and root.";
        }

        using var folder = new TemporaryFolder();
        if (Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.Path) is var (exitCode, error) && exitCode != 0)
        {
            return $"A small file system cannot be mounted here: {error.Trim()}";
        }

        Run("umount", folder.Path);
        return null;
    }

    public static SmallDisk Mount(string path)
    {
        Directory.CreateDirectory(path);
        Assert.Equal((0, ""), Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path));
        return new SmallDisk(path);
    }

    public void Dispose() => Run("umount", "--lazy", Path);

    private static (int ExitCode, string Error) Run(string program, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}

/// <summary>A fact about a full disk: skipped, with the reason, where none can be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.CannotMount();
}
