using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Mcp;

/// <summary>Section <c>Mcp</c>. Read once, at start: what a client has been told of stays as it is.</summary>
public sealed class McpOptions : ModuleOptions
{
    /// <summary>Whether each command of an agent is a tool of its own, <c>&lt;agent&gt;__&lt;command&gt;</c>.</summary>
    public bool CommandTools { get; set; } = true;

    /// <summary>Whether clients may have commands carried out that may remove or overwrite something for good.</summary>
    public bool DestructiveTools { get; set; }

    /// <summary>How long the answer to a command that changes something waits for its end; after that it says how far it has come.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan CommandWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The same for a command that only reads, whose answer is what was asked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:30:00")]
    public TimeSpan ReadWait { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many sessions there may be. When one more is asked for, the one that has been idle the longest ends.</summary>
    [Range(1, 10_000)]
    public int MaxSessions { get; set; } = 200;

    /// <summary>A session of which nothing is heard for so long ends.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan SessionIdle { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>A session whose stream has broken off ends when its client is not back after so long.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ReconnectWithin { get; set; } = TimeSpan.FromMinutes(1);
}
