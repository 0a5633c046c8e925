using System.ComponentModel.DataAnnotations;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Skills;

/// <summary>Section <c>Skills</c>.</summary>
internal sealed class SkillsOptions : ModuleOptions
{
    /// <summary>The folder of the skills; a relative path begins at the content root.</summary>
    [Required, Reloadable]
    public string Directory { get; set; } = "skills";
}
