using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.Skills;

public sealed class SkillsTests : IDisposable
{
    private readonly SekiaHost _host = new();

    [Fact]
    public async Task Without_a_folder_the_list_is_empty() =>
        Assert.Equal("""{"skills":[],"refused":[]}""", (await SkillsAsync()).ToJsonString());

    [Fact]
    public async Task Skills_are_listed_as_their_heads_describe_them()
    {
        Write("triage", """
            ---
            name: issue-triage
            description: "Sorts issues: the team's way"
            triggers:
              - triage
              - sort
            version: 1.0.0
            ---
            Look at the issue.
            """);
        Write("plain", "No head at all.");
        _host.Root.Write("skills/plain/handler.lua", "");
        Directory.CreateDirectory(_host.Root.File("skills/empty"));

        Assert.Equal(
            """{"skills":[{"name":"plain","description":"","triggers":null,"version":"","has_handler":true},{"name":"issue-triage","description":"Sorts issues: the team's way","triggers":["triage","sort"],"version":"1.0.0","has_handler":false}],"refused":[]}""",
            await _host.CreateClient().GetStringAsync("/api/v1/skills"));
    }

    [Theory]
    [InlineData("---\nname: [\n---\n", "")]
    [InlineData("---\nname: x\n", "does not end")]
    [InlineData("---\ntriggers: one\n---\n", "'triggers' must be a list of texts")]
    [InlineData("---\nname: [a]\n---\n", "'name' must be a text")]
    [InlineData("---\n- a\n---\n", "key: value")]
    public async Task One_that_is_not_understood_is_named_and_keeps_no_other_away(string text, string expected)
    {
        Write("bad", text);
        Write("good", "---\nname: good\n---\n");

        var answer = await SkillsAsync();

        Assert.Equal("good", (string?)Assert.Single(answer["skills"]!.AsArray())!["name"]);
        var refused = Assert.Single(answer["refused"]!.AsArray())!;
        Assert.Equal("bad", (string?)refused["name"]);
        Assert.Contains(_host.Root.File("skills/bad/SKILL.md") + ": ", (string)refused["error"]!, StringComparison.Ordinal);
        Assert.Contains(expected, (string)refused["error"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public async Task One_that_is_nested_without_end_is_refused_as_any_other(char open)
    {
        Write("bad", $"---\nname: {new string(open, 100_000)}\n---\n");
        Write("good", "---\nname: good\n---\n");

        var answer = await SkillsAsync();

        Assert.Equal("good", (string?)Assert.Single(answer["skills"]!.AsArray())!["name"]);
        Assert.Contains("nested deeper", (string)Assert.Single(answer["refused"]!.AsArray())!["error"]!, StringComparison.Ordinal);
    }

    public void Dispose() => _host.Dispose();

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(_host.Root.File($"skills/{name}"));
        _host.Root.Write($"skills/{name}/SKILL.md", text);
    }

    private async Task<JsonNode> SkillsAsync() => JsonNode.Parse(await _host.CreateClient().GetStringAsync("/api/v1/skills"))!;
}
