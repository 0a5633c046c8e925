using System.Net;
using System.Text.Json.Nodes;
using Sekia.Modules.Hosting.Access;
using Sekia.Tests.Support;

namespace Sekia.Tests.Mcp;

/// <summary>Who may do what in a session, and whose it is.</summary>
public sealed class McpCallerTests
{
    private const string Ping = """{"jsonrpc":"2.0","id":2,"method":"ping"}""";

    [Fact]
    public async Task A_token_that_may_read_is_offered_what_reads()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.ClientWith(host.Tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch));
        var session = await McpHarness.InitializeAsync(client);

        var tools = (await McpHarness.AskAsync(client, session, "tools/list"))["result"]!["tools"]!.AsArray();
        var answer = await McpHarness.CallAsync(client, session, "get_status");
        var resources = await McpHarness.AskAsync(client, session, "resources/list");
        var prompt = await McpHarness.AskAsync(client, session, "prompts/get", new JsonObject { ["name"] = "write_workflow", ["arguments"] = new JsonObject { ["task"] = "x" } });

        Assert.Equal(
            ["explain_event", "get_status", "list_agents", "list_events", "list_failures", "list_workflows"],
            tools.Select(tool => (string)tool!["name"]!).Order(StringComparer.Ordinal));
        Assert.Equal("ok", (string?)answer["result"]!["structuredContent"]!["status"]);
        Assert.NotNull(resources["result"]);
        Assert.NotNull(prompt["result"]);
    }

    [Theory]
    [InlineData("publish_event", """{"source": "ci", "event_type": "t"}""")]
    [InlineData("send_command", """{"agent": "http-agent", "command": "request", "payload": {}}""")]
    [InlineData("reload_workflows", "{}")]
    [InlineData("retry_failure", """{"id": "1"}""")]
    [InlineData("http-agent__request", """{"method": "GET", "url": "http://127.0.0.1/"}""")]
    public async Task A_token_that_may_read_cannot_act_and_is_told_what_takes_more(string tool, string arguments)
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.ClientWith(host.Tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch));
        var session = await McpHarness.InitializeAsync(client);

        var answer = await McpHarness.CallAsync(client, session, tool, JsonNode.Parse(arguments)!.AsObject());

        Assert.Equal(
            $"Tool '{tool}' is not for the token 'ci', whose role is 'read'. Create one that may act: sekia token create --role operate --name <name>",
            (string?)answer["error"]!["message"]);
        var status = await McpHarness.CallAsync(client, session, "get_status");
        Assert.Equal(0, (int)status["result"]!["structuredContent"]!["events"]!["accepted"]!);
    }

    [Fact]
    public async Task A_token_that_may_operate_is_offered_all()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.ClientWith(host.Tokens.Create("ci", AccessRole.Operate, DateTimeOffset.UnixEpoch));
        var session = await McpHarness.InitializeAsync(client);

        var answer = await McpHarness.CallAsync(client, session, "publish_event", new JsonObject { ["source"] = "ci", ["event_type"] = "t" });

        Assert.Equal("published", (string?)answer["result"]!["structuredContent"]!["status"]);
    }

    [Fact]
    public async Task A_session_does_not_exist_for_another_caller()
    {
        await using var host = await McpHarness.StartAsync();
        var mine = host.ClientWith(host.Tokens.Create("mine", AccessRole.Read, DateTimeOffset.UnixEpoch));
        var session = await McpHarness.InitializeAsync(mine);

        foreach (var other in new[] { host.Client(), host.ClientWith(host.Tokens.Create("other", AccessRole.Operate, DateTimeOffset.UnixEpoch)) })
        {
            using var end = McpHarness.Listen(session);
            end.Method = HttpMethod.Delete;
            foreach (var request in new[] { McpHarness.Post(Ping, session), McpHarness.Listen(session), end })
            {
                using var answer = await other.SendAsync(request);
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            }
        }

        Assert.NotNull((await McpHarness.AskAsync(mine, session, "ping"))["result"]);
    }

    [Fact]
    public async Task A_session_ends_with_the_token_that_began_it_and_so_does_its_stream()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.ClientWith(host.Tokens.Create("ci", AccessRole.Operate, DateTimeOffset.UnixEpoch));
        var session = await McpHarness.InitializeAsync(client);
        using var stream = await client.SendAsync(McpHarness.Listen(session), HttpCompletionOption.ResponseHeadersRead);

        var mine = host.Sessions.Find(session)!;
        host.Tokens.Revoke("ci");
        await mine.NotifyAsync("notifications/resources/list_changed", CancellationToken.None);

        Assert.DoesNotContain("list_changed", await stream.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => host.Sessions.Count == 0);
        using var after = await client.SendAsync(McpHarness.Post(Ping, session));
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public async Task A_damaged_file_of_tokens_ends_the_sessions_of_tokens_and_nothing_else()
    {
        await using var host = await McpHarness.StartAsync();
        var text = host.Tokens.Create("ci", AccessRole.Operate, DateTimeOffset.UnixEpoch);
        await McpHarness.InitializeAsync(host.ClientWith(text));
        var local = await McpHarness.InitializeAsync(host.Client());

        host.DamageTokens();

        await Eventually.HoldsAsync(() => host.Sessions.Count == 1);
        Assert.NotNull((await McpHarness.AskAsync(host.Client(), local, "ping"))["result"]);
    }
}
