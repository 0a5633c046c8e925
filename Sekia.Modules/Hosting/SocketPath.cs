using System.Text;
using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Hosting;

/// <summary>Where the host's Unix socket is, for the host that listens on it and for the programs that call it.</summary>
public static class SocketPath
{
    /// <summary>The setting that names another path; empty for none.</summary>
    public const string Setting = "Host:Socket";

    /// <summary>The shortest limit among the systems we run on, in bytes.</summary>
    private const int MaxBytes = 103;

    /// <summary>The path by the settings; <c>null</c> when there is no socket.</summary>
    /// <param name="configuration">The settings, environment variables among them.</param>
    /// <param name="contentRoot">Where a relative path begins.</param>
    public static string? Of(IConfiguration configuration, string contentRoot)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return configuration[Setting] switch
        {
            null => Default(configuration["XDG_RUNTIME_DIR"], home),
            "" => null,
            ['~', '/', .. var below] => Path.Combine(home, below),
            var path => Path.GetFullPath(path, contentRoot),
        };
    }

    /// <summary>The path when nothing is set; <c>null</c> on a system whose files have no owner as Unix knows it.</summary>
    /// <param name="runtimeFolder"><c>XDG_RUNTIME_DIR</c>.</param>
    /// <param name="home">The user's folder.</param>
    public static string? Default(string? runtimeFolder, string home) =>
        OperatingSystem.IsWindows() ? null
        : Path.IsPathRooted(runtimeFolder) ? Path.Combine(runtimeFolder, "sekia", "sekiad.sock")
        : home.Length > 0 ? Path.Combine(home, ".config", "sekia", "sekiad.sock")
        : null;

    /// <summary>What is wrong with a path as such; <c>null</c> when nothing is.</summary>
    internal static bool IsTooLong(string path) => Encoding.UTF8.GetByteCount(path) > MaxBytes;

    internal static string? FaultOf(string path) =>
        OperatingSystem.IsWindows() ? "A socket is for Unix systems. Remove this setting."
        : IsTooLong(path) ? $"The path of a socket has at most {MaxBytes} bytes, '{path}' has more. Set {Setting} to a shorter one, or to nothing for no socket."
        : null;
}
