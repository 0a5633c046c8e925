using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Workflows;

/// <summary>Section <c>Workflows</c>.</summary>
internal sealed class WorkflowsOptions : ModuleOptions
{
    private const string DefaultDirectory = "workflows";

    /// <summary>Where the <c>.lua</c> files are; a relative path begins at the content root.</summary>
    [Required]
    public string Directory { get; set; } = DefaultDirectory;

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

    /// <summary>
    /// What is wrong with the place of the files, and what to do; <c>null</c> when nothing is. Only the default folder may be missing, and is made: one that
    /// somebody has named is meant to be there, and a host without its workflows would let pass what they are to handle.
    /// </summary>
    /// <param name="contentRoot">Where a relative path begins.</param>
    public string? FaultOfDirectory(string contentRoot)
    {
        var folder = Path.GetFullPath(Directory, contentRoot);
        return System.IO.Directory.Exists(folder) ? null
            : Path.Exists(folder) ? $"Workflows:Directory: {folder} is a file where a folder should be. Remove it, or set Workflows:Directory to the folder with the workflows."
            : folder == Path.GetFullPath(DefaultDirectory, contentRoot) ? null
            : $"Workflows:Directory: there is no folder {folder}. Make it, or set Workflows:Directory to the folder with the workflows.";
    }
}
