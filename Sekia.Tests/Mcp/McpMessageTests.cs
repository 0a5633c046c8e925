using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Sekia.Modules.Hosting.Access;
using Sekia.Tests.Support;

namespace Sekia.Tests.Mcp;

/// <summary>What is made of messages that are JSON-RPC, and yet not what a session can use.</summary>
public sealed class McpMessageTests
{
    private const int InvalidParams = -32602;
    private const string Two = """[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/roots/list_changed"},{"jsonrpc":"2.0","id":"b","method":"tools/list"}]""";

    [Theory]
    [InlineData("tools/call", "[]")]
    [InlineData("tools/call", "7")]
    [InlineData("tools/call", "{}")]
    [InlineData("tools/call", """{"name":5}""")]
    [InlineData("tools/call", """{"name":"get_status","arguments":[]}""")]
    [InlineData("tools/list", """{"cursor":{}}""")]
    [InlineData("prompts/get", "[]")]
    [InlineData("prompts/get", """{"name":{}}""")]
    [InlineData("resources/read", "[1]")]
    [InlineData("resources/read", """{"uri":7}""")]
    [InlineData("resources/subscribe", """{"uri":{}}""")]
    [InlineData("completion/complete", "{}")]
    [InlineData("completion/complete", """{"ref":{"type":"odd"},"argument":{"name":"x","value":"y"}}""")]
    public async Task Parameters_of_another_shape_are_the_clients_fault(string method, string parameters)
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);

        using var answer = await client.SendAsync(McpHarness.Post($$"""{"jsonrpc":"2.0","id":2,"method":"{{method}}","params":{{parameters}}}""", session));

        var error = (await MessagesAsync(answer)).Single()["error"]!;
        Assert.Equal(InvalidParams, (int)error["code"]!);
        Assert.StartsWith($"The parameters of '{method}' are not as the protocol has them", (string)error["message"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", (string)error["message"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("ModelContextProtocol", (string)error["message"]!, StringComparison.Ordinal);
        Assert.NotNull((await McpHarness.AskAsync(client, session, "ping"))["result"]);
    }

    [Fact]
    public async Task Parameters_of_another_shape_are_told_with_the_place_of_the_fault()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);

        var answer = await McpHarness.AskAsync(client, session, "tools/call", new JsonObject { ["name"] = 5 });

        Assert.EndsWith("something is missing or of another kind, at $.name.", (string)answer["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2024-11-05")]
    [InlineData("2025-03-26")]
    public async Task A_list_of_messages_is_taken_where_the_agreed_version_has_them(string version)
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client, version);

        using var answer = await client.SendAsync(McpHarness.Post(Two, session));
        using var untold = await client.SendAsync(McpHarness.Post("""[{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}]""", session));

        var answers = await MessagesAsync(answer);
        Assert.Equal(["1", "\"b\""], answers.Select(one => one["id"]!.ToJsonString()));
        Assert.NotEmpty(answers[1]["result"]!["tools"]!.AsArray());
        Assert.Equal((HttpStatusCode.Accepted, ""), (untold.StatusCode, await untold.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("2025-06-18", Two, "has no lists of messages")]
    [InlineData("2025-11-25", Two, "has no lists of messages")]
    [InlineData("2025-03-26", "[]", "empty list")]
    [InlineData("2025-03-26", "[1]", "not a JSON-RPC message")]
    [InlineData("2025-03-26", """[{"jsonrpc":"2.0","id":1,"method":"ping"},null]""", "not a JSON-RPC message")]
    [InlineData("2025-03-26", """[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}]""", "'initialize' must stand by itself")]
    public async Task A_list_of_messages_is_refused_as_a_whole_otherwise(string version, string body, string expected)
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client, version);

        using var answer = await client.SendAsync(McpHarness.Post(body, session));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(expected, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_more_messages_than_anybody_sends_is_refused()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client, "2025-03-26");
        static string Pings(int count) => $"[{string.Join(',', Enumerable.Range(1, count).Select(id => $$"""{"jsonrpc":"2.0","id":{{id}},"method":"ping"}"""))}]";

        using var most = await client.SendAsync(McpHarness.Post(Pings(100), session));
        using var tooMany = await client.SendAsync(McpHarness.Post(Pings(101), session));

        Assert.Equal(100, (await MessagesAsync(most)).Count);
        Assert.Equal(HttpStatusCode.BadRequest, tooMany.StatusCode);
        Assert.Contains("more than 100 messages", await tooMany.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_as_long_as_it_can_be_is_explained_over_seven_consequences()
    {
        await using var host = await McpHarness.StartAsync();
        host.Write("echo.lua", """sekia.on("sekia.events.echo", function(event) sekia.publish("sekia.events.back", "echo.back", {}) end)""");
        host.Write("back.lua", """sekia.on("sekia.events.back", function(event) sekia.publish("sekia.events.echo", "echo.forth", {}) end)""");
        var client = host.Client();
        var session = await McpHarness.InitializeAsync(client);
        await McpHarness.CallAsync(client, session, "reload_workflows");
        var published = await McpHarness.CallAsync(client, session, "publish_event", new JsonObject { ["event_type"] = "begin", ["source"] = "echo" });
        await Eventually.GetAsync(
            async () => (await McpHarness.CallAsync(client, session, "list_failures")).ToJsonString() is var failures && failures.Contains("16th consequence", StringComparison.Ordinal) ? failures : null,
            () => "the end of the chain");

        var why = await McpHarness.CallAsync(client, session, "explain_event", new JsonObject { ["id"] = (string)published["result"]!["structuredContent"]!["event_id"]! });

        Assert.Equal(7, Consequences(why["result"]!["structuredContent"]!));
    }

    [Fact]
    public async Task A_token_that_may_read_gets_in_by_the_same_address_with_a_slash()
    {
        await using var host = await McpHarness.StartAsync();
        var client = host.ClientWith(host.Tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch));
        using var begin = McpHarness.Post(McpHarness.Initialize("2025-06-18"));
        begin.RequestUri = new Uri("/mcp/", UriKind.Relative);
        using var beside = McpHarness.Post(McpHarness.Initialize("2025-06-18"));
        beside.RequestUri = new Uri("/mcp/x", UriKind.Relative);

        using var begun = await client.SendAsync(begin);
        using var refused = await client.SendAsync(beside);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (begun.StatusCode, refused.StatusCode));
    }

    [Fact]
    public async Task A_client_that_vanishes_in_the_middle_of_a_call_leaves_nothing_behind()
    {
        await using var server = await RecordingServer.StartAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.On("GET /slow", context =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var clock = new TestClock();
        await using var host = await McpHarness.StartAsync(clock, "Http:AllowedAddresses:0=127.0.0.1", "Mcp:SessionIdle=00:00:01");
        var session = await McpHarness.InitializeAsync(host.Client());
        using var gone = new CancellationTokenSource();
        var calling = host.Client().SendAsync(
            McpHarness.Post($$$"""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"http-agent__request","arguments":{"method":"GET","url":"{{{server.Address}}}/slow"} } }""", session),
            HttpCompletionOption.ResponseContentRead,
            gone.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, host.Sessions.Find(session)!.Silence);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);

        // So little at a time that the call does not end because it took too long.
        await Eventually.HoldsAsync(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            return host.Sessions.Find(session)!.Silence > TimeSpan.Zero;
        });
        clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => host.Sessions.Count == 0);
    }

    /// <summary>How many there are, one of the other.</summary>
    private static int Consequences(JsonNode why) => why["workflows"]!.AsArray()
        .SelectMany(workflow => workflow!["runs"]!.AsArray()).SelectMany(run => run!["events"]!.AsArray()).Select(evt => 1 + Consequences(evt!)).DefaultIfEmpty(0).Max();

    private static async Task<List<JsonNode>> MessagesAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var messages = new List<JsonNode>();
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            messages.Add(JsonNode.Parse(item.Data)!);
        }

        return messages;
    }
}
