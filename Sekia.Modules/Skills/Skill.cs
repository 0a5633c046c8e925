using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Sekia.Modules.Skills;

/// <summary>A skill as its file's head describes it, in the shape of the Go original.</summary>
/// <param name="Triggers">Words that call for it; <c>null</c> when the file gives none.</param>
/// <param name="HasHandler">Whether a <c>handler.lua</c> lies beside the file.</param>
internal sealed record Skill(string Name, string Description, IReadOnlyList<string>? Triggers, string Version, bool HasHandler);

/// <param name="Skills">By name.</param>
/// <param name="Refused">Files that are not understood, with the reason.</param>
internal sealed record SkillList(IReadOnlyList<Skill> Skills, IReadOnlyList<RefusedSkill> Refused);

internal sealed record RefusedSkill(string Name, string Error);

/// <summary>How skills are answered.</summary>
[JsonSerializable(typeof(SkillList))]
internal sealed partial class SkillsJson : JsonSerializerContext
{
    private static readonly SkillsJson s_readable = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static JsonTypeInfo ListType => s_readable.SkillList;

    public static JsonHttpResult<SkillList> Answer(SkillList skills) => TypedResults.Json(skills, s_readable.SkillList);
}
