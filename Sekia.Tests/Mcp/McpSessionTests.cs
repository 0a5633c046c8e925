using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using Sekia.Tests.Support;

namespace Sekia.Tests.Mcp;

public sealed class McpSessionTests
{
    [Fact]
    public async Task A_hundred_clients_at_once_are_all_served()
    {
        await using var host = await McpHarness.StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            await using var client = await McpClient.CreateAsync(new HttpClientTransport(new HttpClientTransportOptions { Endpoint = host.Address }));
            Assert.Contains(await client.ListToolsAsync(), tool => tool.Name == "http-agent__request");
            var answer = await client.CallToolAsync("get_status", new Dictionary<string, object?>());
            Assert.NotEqual(true, answer.IsError);
        }));

        await Eventually.HoldsAsync(() => host.Sessions.Count == 0);
    }

    [Fact]
    public async Task A_client_that_vanishes_mid_stream_leaves_no_session_behind()
    {
        await using var host = await McpHarness.StartAsync("Mcp:ReconnectWithin=00:00:01");
        var session = await McpHarness.InitializeAsync(host.Client());
        using (await host.Client().SendAsync(McpHarness.Listen(session), HttpCompletionOption.ResponseHeadersRead))
        {
            Assert.Equal(1, host.Sessions.Count);
        }

        await Eventually.HoldsAsync(() => host.Sessions.Count == 0);
    }

    [Fact]
    public async Task A_client_that_comes_back_in_time_goes_on_in_its_session()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);
        using (await client.SendAsync(McpHarness.Listen(session), HttpCompletionOption.ResponseHeadersRead))
        {
        }

        await Eventually.HoldsAsync(() => host.Sessions.Find(session)!.HasLostStream);
        using var again = await client.SendAsync(McpHarness.Listen(session), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        await host.Sessions.Find(session)!.NotifyAsync("notifications/resources/list_changed", CancellationToken.None);
        using var lines = new StreamReader(await again.Content.ReadAsStreamAsync());
        string? line;
        while ((line = await lines.ReadLineAsync()) is not null && !line.StartsWith("data:", StringComparison.Ordinal))
        {
        }

        Assert.Contains("notifications/resources/list_changed", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_the_limit_the_quietest_session_makes_room_and_those_at_work_stay()
    {
        await using var host = await McpHarness.StartAsync("Mcp:MaxSessions=2");
        var client = host.Client();
        var quiet = await McpHarness.InitializeAsync(client);
        var listening = await McpHarness.InitializeAsync(client);
        using var stream = await client.SendAsync(McpHarness.Listen(listening), HttpCompletionOption.ResponseHeadersRead);

        var third = await McpHarness.InitializeAsync(client);

        Assert.Null(host.Sessions.Find(quiet));
        using var second = await client.SendAsync(McpHarness.Listen(third), HttpCompletionOption.ResponseHeadersRead);
        using var refused = await client.SendAsync(McpHarness.Post(McpHarness.Initialize("2025-06-18")));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("Mcp:MaxSessions", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(2, host.Sessions.Count);
    }

    [Fact]
    public async Task A_session_that_was_ended_is_unknown()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);

        using var end = McpHarness.Listen(session);
        end.Method = HttpMethod.Delete;
        using var ended = await client.SendAsync(end);
        using var after = await client.SendAsync(McpHarness.Post("""{"jsonrpc":"2.0","id":2,"method":"ping"}""", session));

        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, after.StatusCode);
        Assert.Contains("-32001", await after.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, host.Sessions.Count);
    }

    [Fact]
    public async Task A_session_that_is_silent_for_too_long_ends()
    {
        var clock = new TestClock();
        await using var host = await McpHarness.StartAsync(clock, "Mcp:SessionIdle=00:00:01");
        var client = host.Client();
        var silent = await McpHarness.InitializeAsync(client);
        var listening = await McpHarness.InitializeAsync(client);
        using var stream = await client.SendAsync(McpHarness.Listen(listening), HttpCompletionOption.ResponseHeadersRead);

        clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => host.Sessions.Find(silent) is null);

        Assert.NotNull((await McpHarness.AskAsync(client, listening, "ping"))["result"]);
    }

    [Fact]
    public async Task A_message_to_a_session_that_is_being_ended_is_no_internal_error()
    {
        await using var host = await McpHarness.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(async _ =>
        {
            var client = host.Client();
            var session = await McpHarness.InitializeAsync(client);
            using var end = McpHarness.Listen(session);
            end.Method = HttpMethod.Delete;
            var calling = client.SendAsync(McpHarness.Post("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_agents"}}""", session));
            using var ended = await client.SendAsync(end);
            try
            {
                using var answer = await calling;
                return answer.StatusCode;
            }
            catch (HttpRequestException)
            {
                // The web server breaks the connection of an answer that ends in the middle of being written.
                return HttpStatusCode.OK;
            }
        }));

        Assert.Empty(answers.Except([HttpStatusCode.OK, HttpStatusCode.NotFound]));
    }

    [Fact]
    public async Task Only_what_is_watched_is_told_of()
    {
        // There from the start: of a reload, clients are told some time after it.
        await using var host = await McpHarness.StartAsync(
            files =>
            {
                files.Write("say hello.lua", "sekia.on('sekia.events.a', function() end)");
                files.Write("other.lua", "sekia.on('sekia.events.a', function() end)");
            },
            "Workflows:HotReload=false");
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);
        var hello = new JsonObject { ["uri"] = "sekia://workflows/say hello" };
        var other = new JsonObject { ["uri"] = "sekia://workflows/other" };
        Assert.NotNull((await McpHarness.AskAsync(client, session, "resources/subscribe", hello))["result"]);
        Assert.NotNull((await McpHarness.AskAsync(client, session, "resources/subscribe", other))["result"]);
        Assert.NotNull((await McpHarness.AskAsync(client, session, "resources/unsubscribe", hello.DeepClone().AsObject()))["result"]);

        host.Write("say hello.lua", "sekia.on('sekia.events.b', function() end)");
        host.Write("other.lua", "sekia.on('sekia.events.b', function() end)");
        await McpHarness.CallAsync(client, session, "reload_workflows");

        using var stream = await client.SendAsync(McpHarness.Listen(session), HttpCompletionOption.ResponseHeadersRead);
        var told = new List<string>();
        await foreach (var item in SseParser.Create(await stream.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            if (item.Data.Contains("resources/updated", StringComparison.Ordinal))
            {
                told.Add((string)JsonNode.Parse(item.Data)!["params"]!["uri"]!);
                break;
            }
        }

        Assert.Equal(["sekia://workflows/other"], told);
        Assert.False(host.Sessions.Find(session)!.Watched.Has("sekia://workflows/say%20hello"));
    }

    [Fact]
    public async Task A_failed_command_is_tried_again_by_its_id()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /x", 302, "", ("Location", "/x"));
        await using var host = await McpHarness.StartAsync("Http:AllowedAddresses:0=127.0.0.1");
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);
        await McpHarness.CallAsync(client, session, "http-agent__request", new JsonObject { ["method"] = "GET", ["url"] = $"{server.Address}/x" });
        var failures = await McpHarness.CallAsync(client, session, "list_failures");
        var id = (string)failures["result"]!["structuredContent"]!["commands"]![0]!["id"]!;
        server.On("GET /x", 200);

        var retried = await McpHarness.CallAsync(client, session, "retry_failure", new JsonObject { ["id"] = id });

        Assert.Equal((id, "retried"), ((string)retried["result"]!["structuredContent"]!["id"]!, (string)retried["result"]!["structuredContent"]!["status"]!));
        await Eventually.GetAsync(
            async () => JsonNode.Parse(await client.GetStringAsync($"/api/v1/commands/{id}")) is { } now && (string?)now["status"] == "succeeded" ? now : null,
            () => id);
        var unknown = await McpHarness.CallAsync(client, session, "retry_failure", new JsonObject { ["id"] = "nothing" });
        Assert.True((bool)unknown["result"]!["isError"]!);
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("{0}.0")]
    [InlineData("\"{0}\"")]
    public async Task A_failed_run_is_tried_again_by_its_number_however_that_is_written(string form)
    {
        await using var host = await McpHarness.StartAsync();
        host.Write("failing.lua", """sekia.on("sekia.events.test", function(event) error("as told") end)""");
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);
        await McpHarness.CallAsync(client, session, "reload_workflows");
        await McpHarness.CallAsync(client, session, "publish_event", new JsonObject { ["source"] = "test", ["event_type"] = "t" });
        var run = await Eventually.GetAsync(
            async () => (await McpHarness.CallAsync(client, session, "list_failures"))["result"]!["structuredContent"]!["runs"]!.AsArray() is [var failed] ? failed!["id"]!.ToJsonString() : null,
            () => "a failed run");

        var given = JsonNode.Parse(string.Format(CultureInfo.InvariantCulture, form, run));
        var retried = (await McpHarness.CallAsync(client, session, "retry_failure", new JsonObject { ["id"] = given }))["result"]!;

        Assert.Equal($$"""{"status":"retried","id":"{{run}}"}""", retried["structuredContent"]?.ToJsonString() ?? retried.ToJsonString());
        var schema = (await McpHarness.AskAsync(client, session, "tools/list"))["result"]!["tools"]!.AsArray().Single(tool => (string)tool!["name"]! == "retry_failure")!["inputSchema"]!;
        Assert.Equal("""["string","integer"]""", schema["properties"]!["id"]!["type"]!.ToJsonString());
    }

    [Theory]
    [InlineData("retry_failure", """{"id": 7}""", "There is no failure 7: it may have been retried or dismissed. list_failures lists those there are.")]
    [InlineData("retry_failure", """{"id": "cmd_1"}""", "There is no command 'cmd_1'. It may have been removed with age; list_failures lists those there are.")]
    [InlineData("retry_failure", """{"id": 7.5}""", "argument 'id' of 'retry_failure' must be ")]
    [InlineData("retry_failure", """{"id": "run 7"}""", "'run 7' is neither the number of a run nor the id of a command (cmd_…); list_failures lists those there are.")]
    [InlineData("explain_event", """{"id": "evt_1"}""", "There is no event 'evt_1'. It may have been removed with age; list_events lists those there are.")]
    public async Task What_there_is_not_is_told_with_the_tool_that_lists_what_there_is(string tool, string arguments, string sentence)
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);

        var refused = (await McpHarness.CallAsync(client, session, tool, JsonNode.Parse(arguments)!.AsObject()))["result"]!;

        Assert.True((bool)refused["isError"]!);
        Assert.Contains(sentence, (string)refused["content"]![0]!["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resource_that_there_is_not_is_told_with_the_tool_too()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);

        var refused = await McpHarness.AskAsync(client, session, "resources/read", new JsonObject { ["uri"] = "sekia://events/evt_1" });

        Assert.Contains("list_events lists those there are.", (string)refused["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_lines_are_not_offered_for_there_are_none()
    {
        await using var host = await McpHarness.StartAsync();

        using var answer = await host.Client().SendAsync(McpHarness.Post(McpHarness.Initialize("2025-06-18")));

        Assert.DoesNotContain("\"logging\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2024-11-05", "2024-11-05")]
    [InlineData("2025-11-25", "2025-11-25")]
    [InlineData("1999-01-01", "2025-11-25")]
    public async Task The_version_is_the_clients_when_it_is_known(string asked, string agreed)
    {
        await using var host = await McpHarness.StartAsync();

        using var answer = await host.Client().SendAsync(McpHarness.Post(McpHarness.Initialize(asked)));

        Assert.Contains($"\"protocolVersion\":\"{agreed}\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
