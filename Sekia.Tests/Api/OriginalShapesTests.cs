using System.Net;
using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

/// <summary>Programs written for the Go original find the fields they know, of the types they know.</summary>
public sealed class OriginalShapesTests : IDisposable
{
    private readonly SekiaHost _host = new();

    [Fact]
    public async Task Status_has_the_fields_of_the_original()
    {
        var status = await GetAsync("status");

        Assert.Equal("ok", (string?)status["status"]);
        Assert.Matches("^([0-9]+h)?([0-9]+m)?[0-9]+s$", (string)status["uptime"]!);
        Assert.True(DateTimeOffset.TryParse((string?)status["started_at"], out _));
        Assert.False((bool)status["nats_running"]!);
        Assert.Equal(((await GetAsync("agents"))["agents"]!.AsArray().Count, 1), ((int)status["agent_count"]!, (int)status["workflow_count"]!));
    }

    [Fact]
    public async Task Agents_have_the_fields_of_the_original()
    {
        foreach (var agent in (await GetAsync("agents"))["agents"]!.AsArray())
        {
            Assert.Equal(
                ["name", "version", "status", "capabilities", "commands", "registered_at", "last_heartbeat", "events_processed", "errors"],
                agent!.AsObject().Select(field => field.Key).Take(9));
        }
    }

    [Fact]
    public async Task Workflows_have_the_fields_of_the_original()
    {
        var workflow = Assert.Single((await GetAsync("workflows"))["workflows"]!.AsArray())!.AsObject();

        Assert.Equal(["name", "file_path", "handlers", "patterns", "loaded_at", "events", "errors"], workflow.Select(field => field.Key).Take(7));
        Assert.Equal("""["sekia.events.test"]""", workflow["patterns"]!.ToJsonString());
    }

    [Theory]
    [InlineData("", "*")]
    [InlineData("?target=*", "*")]
    [InlineData("?target=sekiad", "sekiad")]
    [InlineData("?target=github-agent", "github-agent")]
    public async Task A_reload_names_its_target(string query, string target)
    {
        using var answer = await _host.CreateClient().PostAsync("/api/v1/config/reload" + query, content: null);

        Assert.StartsWith($$"""{"status":"reload_requested","target":"{{target}}","taken":true,""", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_target_is_told_which_there_are()
    {
        using var answer = await _host.CreateClient().PostAsync("/api/v1/config/reload?target=slack-agent", content: null);
        var detail = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!;

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith("There is no target 'slack-agent'. The targets are '*' for all, sekiad for the host, and the agents: ", detail, StringComparison.Ordinal);
        Assert.Contains("github-agent", detail, StringComparison.Ordinal);
    }

    public void Dispose() => _host.Dispose();

    private async Task<JsonNode> GetAsync(string path)
    {
        Directory.CreateDirectory(_host.Root.File("workflows"));
        _host.Root.Write("workflows/flow.lua", """sekia.on("sekia.events.test", function(event) end)""");
        return JsonNode.Parse(await _host.CreateClient().GetStringAsync("/api/v1/" + path))!;
    }
}
