using System.ComponentModel.DataAnnotations;

namespace Sekia.Modules.Hosting.Logs;

/// <summary>Section <c>Logs</c>: where the log is written. How much is written is .NET's own <c>Logging:LogLevel</c>.</summary>
internal sealed class LogOptions
{
    public const string Section = "Logs";

    /// <summary>The file; the date is put before its ending. Relative to the content root. Empty: no file.</summary>
    public string Path { get; set; } = "data/logs/sekia-.log";

    /// <summary>A file that has reached this size, in bytes, is followed by another of the same day.</summary>
    [Range(64 * 1024, 1024L * 1024 * 1024)]
    public long MaxFileBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>How many files are kept; the oldest is deleted.</summary>
    [Range(1, 10_000)]
    public int KeepFiles { get; set; } = 14;

    /// <summary>Whether the log also goes to standard output.</summary>
    public bool Console { get; set; } = true;
}
