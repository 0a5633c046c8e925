using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Security;

/// <summary>How commands that travel between processes are protected.</summary>
internal sealed class SecurityOptions : ModuleOptions
{
    /// <summary>The secret that sender and receiver of commands share. Without it commands are sent unsigned, and taken from anyone.</summary>
    [Secret, Reloadable]
    public string? CommandSecret { get; set; }

    /// <summary>How long a signed command may be on its way. Clocks that differ by more refuse each other's commands.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SignatureLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Takes signed commands of senders that do not seal them, as the Go original. Such a command can be captured and sent again.</summary>
    [Reloadable]
    public bool AcceptUnsealed { get; set; }
}
