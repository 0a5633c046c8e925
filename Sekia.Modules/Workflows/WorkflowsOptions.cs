using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Workflows;

/// <summary>Section <c>Workflows</c>.</summary>
internal sealed class WorkflowsOptions : ModuleOptions
{
    /// <summary>Where the <c>.lua</c> files are; a relative path begins at the content root.</summary>
    [Required]
    public string Directory { get; set; } = "workflows";

    /// <summary>Whether a changed file is loaded while the host runs.</summary>
    public bool HotReload { get; set; } = true;

    /// <summary>How much Lua time one slice of a run may take. Waiting for an answer does not count.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How much memory the state of one workflow may take, in bytes.</summary>
    [Range(1 << 20, 4L << 30)]
    public long MaxMemoryBytes { get; set; } = 64 << 20;

    /// <summary>How many effects one run may ask for.</summary>
    [Range(1, 1_000_000)]
    public int MaxEffects { get; set; } = 10_000;

    /// <summary>Loads only files whose SHA-256 stands in the directory's <c>workflows.sha256</c>.</summary>
    public bool VerifyIntegrity { get; set; }
}
