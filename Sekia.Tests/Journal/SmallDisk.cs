using System.Diagnostics;
using Sekia.Tests.Support;

namespace Sekia.Tests.Journal;

/// <summary>A disk of a few megabytes, in memory.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmallDisk(int megabytes)
    {
        if (!Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "sekia-test", _folder.Path))
        {
            _folder.Dispose();
            throw new UnauthorizedAccessException("a tmpfs cannot be mounted here");
        }
    }

    public static bool CanBeHad { get; } = OperatingSystem.IsLinux() && Try();

    public string File(string name) => _folder.File(name);

    public void Dispose()
    {
        Run("umount", "--lazy", _folder.Path);
        _folder.Dispose();
    }

    private static bool Try()
    {
        try
        {
            new SmallDisk(1).Dispose();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

/// <summary>A test that needs a disk of its own, and is skipped where none can be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.CanBeHad ? null : "Mounting a tmpfs needs root on Linux.";
}
