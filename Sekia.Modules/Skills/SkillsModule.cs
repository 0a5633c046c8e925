using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Skills;

/// <summary>What the team has written down about how things are done: a folder for each skill, with a <c>SKILL.md</c> in it.</summary>
public sealed class SkillsModule : IModule
{
    public string Name => "Skills";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
        services.AddModuleOptions<SkillsOptions>(section);
        services.AddSingleton<SkillFolder>();
    }

    public void MapEndpoints(IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/skills", (SkillFolder folder) => SkillsJson.Answer(folder.Read()))
        .WithMetadata(new RouteDescription("Lists the skills, and the files that are not understood") { Answer = SkillsJson.ListType });
}
