using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Journal;

/// <summary>Section <c>Journal</c>.</summary>
public sealed class JournalOptions : ModuleOptions
{
    /// <summary>Whether the journal survives the process.</summary>
    public JournalMode Mode { get; set; } = JournalMode.Durable;

    /// <summary>The database file; a relative path begins at the content root.</summary>
    [Required]
    public string Path { get; set; } = "data/sekia.db";

    /// <summary>Events older than this are removed, with their runs and finished commands; what still waits is kept.</summary>
    [Reloadable, Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// When the entries take more room than this, in bytes, the oldest are removed. When everything that is left still waits for a
    /// workflow or an agent, new events are refused until something is done with them.
    /// </summary>
    [Reloadable, Range(16L << 20, 1L << 46)]
    public long KeepBytes { get; set; } = 5L << 30;

    /// <summary>How often old entries are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The largest payload of an event or a command, in bytes.</summary>
    [Range(1024, 16 << 20)]
    public int MaxPayloadBytes { get; set; } = 1 << 20;
}

public enum JournalMode
{
    /// <summary>On disk; nothing is accepted before it is there.</summary>
    Durable,

    /// <summary>In a temporary file that is never forced to disk, for tests and for trying things out; gone with the process.</summary>
    Memory,
}
