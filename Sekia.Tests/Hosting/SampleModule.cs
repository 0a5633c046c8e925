using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Hosting;

namespace Sekia.Tests.Hosting;

/// <summary>A module with one setting of each kind.</summary>
internal sealed class SampleModule(Action<IEndpointRouteBuilder>? map = null) : IModule
{
    public string Name => "Sample";

    public void AddServices(IServiceCollection services, IConfigurationSection section) =>
        services.AddModuleOptions<SampleOptions>(section, "Instances");

    public void MapEndpoints(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sample", () => "sample");
        routes.MapPost("/webhooks/{name}", (string name) => name);
        map?.Invoke(routes);
    }
}

internal sealed class SampleOptions : ModuleOptions, IValidatableObject
{
    [Secret, Reloadable]
    public string Token { get; set; } = "";

    [Secret]
    public int Pin { get; set; }

    [Required]
    public string Title { get; set; } = "untitled";

    [Reloadable, Range(1, 100)]
    public int Limit { get; set; } = 10;

    public int Size { get; set; } = 1;

    public double Share { get; set; }

    [Reloadable]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    public SampleColour Colour { get; set; }

    public Uri? Address { get; set; }

    public bool Loud { get; set; }

    public int? Maybe { get; set; }

    public SampleInner Inner { get; set; } = new();

    public IReadOnlyList<string> Names { get; set; } = ["default"];

    public int[] Numbers { get; set; } = [];

    public List<SampleInner> Parts { get; set; } = [];

    public Dictionary<string, SampleInner> Rooms { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Size > Limit)
        {
            yield return new ValidationResult("must not be larger than Limit.", [nameof(Size)]);
        }
    }
}

internal sealed class SampleInner
{
    [Range(0, 10)]
    public int Depth { get; set; }

    [Reloadable]
    public bool Open { get; set; }
}

internal enum SampleColour
{
    Red,
    Green,
}
