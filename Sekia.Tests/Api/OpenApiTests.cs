using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Hosting;
using Sekia.Tests.GitHub;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

/// <summary>What the description says is what the host does.</summary>
public sealed class OpenApiTests : IDisposable
{
    private const string Flow = """
        sekia.on("sekia.events.test", function(event)
          if event.type == "bad" then error("that was bad") end
          sekia.log("info", "seen")
          sekia.publish("sekia.events.follow", "followed", { number = 1 })
          sekia.command("github-agent", "add_label", { owner = "acme", repo = "app", number = 1, label = "bug" })
        end)
        """;

    private readonly SekiaHost _host = new();
    private readonly JsonArray _exchanges = [];

    [Fact]
    public async Task Every_route_is_described()
    {
        using var client = _host.CreateClient();
        var document = (await client.GetFromJsonAsync<JsonObject>("/api/v1/openapi.json"))!;

        var without = _host.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<IHttpMethodMetadata>() is not null && route.Metadata.GetMetadata<RouteDescription>() is null
                && route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
            .Select(route => route.RoutePattern.RawText);

        Assert.Empty(without);
        Assert.Equal("3.1.0", (string?)document["openapi"]);
        Assert.Equal("integer", (string?)document["paths"]!["/api/v1/failures/{id}/retry"]!["post"]!["parameters"]![0]!["schema"]!["type"]);
    }

    [Fact]
    public async Task Every_answer_is_as_described()
    {
        await FillAsync();
        using var client = _host.CreateClient();
        var document = (await client.GetFromJsonAsync<JsonObject>("/api/v1/openapi.json"))!;
        var evt = await FirstAsync(client, "/api/v1/events", "events", "id");
        var failed = await FirstAsync(client, "/api/v1/commands?status=failed", "commands", "id");
        var failure = await FirstAsync(client, "/api/v1/failures", "runs", "id");

        await AskAsync(client, "get", "/healthz");
        await AskAsync(client, "get", "/readyz");
        foreach (var path in new[] { "status", "agents", "workflows", "skills", "config", "openapi.json", "runs", "failures", "commands", "events" })
        {
            await AskAsync(client, "get", "/api/v1/" + path);
        }

        await AskAsync(client, "get", "/api/v1/events/stream");
        await AskAsync(client, "get", "/api/v1/events/stream", query: "?after=x");
        await AskAsync(client, "get", "/api/v1/events", query: "?limit=0");
        await AskAsync(client, "get", "/api/v1/commands", query: "?status=lost");
        await AskAsync(client, "get", "/api/v1/runs", query: "?outcome=lost");
        await AskAsync(client, "get", "/api/v1/failures", query: "?before=x");
        foreach (var id in new[] { evt, "nothing" })
        {
            await AskAsync(client, "get", "/api/v1/events/{id}/why", id);
            await AskAsync(client, "post", "/api/v1/events/{id}/replay", id);
            await AskAsync(client, "post", "/api/v1/events/{id}/replay", id, query: "?dry=false");
            await AskAsync(client, "post", "/api/v1/events/{id}/replay", id, query: "?dry=maybe");
        }

        foreach (var id in new[] { failed, "nothing" })
        {
            await AskAsync(client, "get", "/api/v1/commands/{id}", id);
            await AskAsync(client, "post", "/api/v1/commands/{id}/retry", id);
            await AskAsync(client, "post", "/api/v1/commands/{id}/retry", id);
            await AskAsync(client, "post", "/api/v1/commands/{id}/dismiss", id);
            await AskAsync(client, "post", "/api/v1/commands/{id}/dismiss", id);
        }

        foreach (var id in new[] { failure, "4711" })
        {
            await AskAsync(client, "post", "/api/v1/failures/{id}/retry", id);
            await AskAsync(client, "post", "/api/v1/failures/{id}/dismiss", id);
        }

        foreach (var name in new[] { "flow", "broken", "nothing" })
        {
            await AskAsync(client, "get", "/api/v1/workflows/{name}", name);
            await AskAsync(client, "post", "/api/v1/workflows/{name}/disable", name);
            await AskAsync(client, "post", "/api/v1/workflows/{name}/enable", name);
        }

        foreach (var (name, body) in new[] { ("github-agent", """{"on": true}"""), ("github-agent", """{"on": null}"""), ("github-agent", "{}"), ("nobody", """{"on": true}"""), ("github-agent", $$"""{"on": "{{new string('x', 2000)}}"}""") })
        {
            await AskAsync(client, "post", "/api/v1/agents/{name}/dry-run", name, body: body);
        }

        await AskAsync(client, "post", "/api/v1/failures/retry");
        await AskAsync(client, "post", "/api/v1/failures/retry", query: "?who=x");
        await AskAsync(client, "post", "/api/v1/failures/dismiss");
        await AskAsync(client, "post", "/api/v1/failures/dismiss", query: "?who=x");
        await AskAsync(client, "post", "/api/v1/workflows/reload");
        await AskAsync(client, "post", "/api/v1/config/reload");
        await AskAsync(client, "post", "/api/v1/config/reload", query: "?target=nobody");
        foreach (var body in new[] { """{"type": "t", "source": "ci", "subject": "sekia.events.ci", "key": "1", "payload": {"a": null}}""", """{"type": "t"}""", "{}", "[", $$"""{"type": "{{new string('x', 2_000_000)}}"}""" })
        {
            await AskAsync(client, "post", "/api/v1/events", body: body);
        }

        foreach (var body in new[] { """{"agent": "github-agent", "command": "add_label", "payload": {"owner": "a", "repo": "b", "number": 1, "label": "c"}}""", """{"agent": "nobody", "command": "x"}""", "null" })
        {
            await AskAsync(client, "post", "/api/v1/commands", body: body);
        }

        foreach (var path in new[] { "/webhook", "/webhooks/github", "/webhooks/github/{instance}", "/webhooks/{name}" })
        {
            foreach (var body in new[] { "{}", "[", $"\"{new string('x', 40_000_000)}\"" })
            {
                await AskAsync(client, "post", path, body: body, describesBody: false);
            }
        }

        var asked = _exchanges.Select(exchange => $"{exchange!["method"]} {exchange["path"]}").ToHashSet();
        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key} {path.Key}"));
        Assert.Empty(described.Except(asked));
        Assert.Equal("", await FaultsAsync(document));
    }

    public void Dispose() => _host.Dispose();

    private static async Task<string> FirstAsync(HttpClient client, string path, string list, string field) => await Eventually.GetAsync(
        async () => (await client.GetFromJsonAsync<JsonObject>(path))![list]!.AsArray() is [{ } first, ..] ? first[field]!.ToString() : null, () => path);

    /// <summary>Lets there be one of everything: runs, failures, commands of several statuses, skills.</summary>
    private async Task FillAsync()
    {
        Directory.CreateDirectory(_host.Root.File("workflows"));
        Directory.CreateDirectory(_host.Root.File("skills/good"));
        Directory.CreateDirectory(_host.Root.File("skills/bad"));
        _host.Root.Write("workflows/flow.lua", Flow);
        _host.Root.Write("workflows/broken.lua", "this is no Lua");
        _host.Root.Write("skills/good/SKILL.md", "---\nname: good\ntriggers: [a]\n---\n");
        _host.Root.Write("skills/bad/SKILL.md", "---\n");
        using var client = _host.CreateClient();
        foreach (var (path, body) in new[]
        {
            ("events", """{"type": "good", "source": "test", "payload": {"a": [1, "x"]}}"""),
            ("events", """{"type": "bad", "source": "test"}"""),
            ("commands", """{"agent": "http-agent", "command": "request", "payload": {"method": "GET", "url": "http://127.0.0.1:1/"}}"""),
        })
        {
            using var answer = await client.PostAsync("/api/v1/" + path, new StringContent(body));
            answer.EnsureSuccessStatusCode();
        }

        await FirstAsync(client, "/api/v1/commands?status=dry_run", "commands", "id");
    }

    private async Task AskAsync(HttpClient client, string method, string path, string id = "", string query = "", string? body = null, bool describesBody = true)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), path.Replace("{id}", id, StringComparison.Ordinal).Replace("{name}", id.Length > 0 ? id : "shop", StringComparison.Ordinal).Replace("{instance}", "ann", StringComparison.Ordinal) + query);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, describesBody ? "text/plain" : "application/json");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var type = answer.Content.Headers.ContentType!.MediaType!;
        var exchange = new JsonObject { ["path"] = path, ["method"] = method, ["status"] = (int)answer.StatusCode, ["type"] = type };
        if (type.EndsWith("json", StringComparison.Ordinal))
        {
            exchange["answer"] = JsonNode.Parse(await answer.Content.ReadAsStringAsync());
        }

        if (body is not null && describesBody && answer.IsSuccessStatusCode)
        {
            exchange["request"] = JsonNode.Parse(body);
        }

        _exchanges.Add(exchange);
    }

    private async Task<string> FaultsAsync(JsonObject document)
    {
        using var check = NodeProgram.Start("check-answers.mjs");
        var faults = check.StandardOutput.ReadToEndAsync();
        var trouble = check.StandardError.ReadToEndAsync();
        await check.StandardInput.WriteAsync(new JsonObject { ["document"] = document, ["exchanges"] = _exchanges }.ToJsonString());
        check.StandardInput.Close();
        await check.WaitForExitAsync();
        Assert.Equal("", await trouble);
        return await faults;
    }
}
