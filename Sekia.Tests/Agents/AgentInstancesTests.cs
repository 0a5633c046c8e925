using System.Text;
using System.Text.Json.Nodes;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class AgentInstancesTests
{
    [Fact]
    public async Task Each_instance_has_a_name_settings_and_a_command_subject_of_its_own()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 200, "hello");
        await using var host = AgentHost.Start(new TestAgent(), settings: new Dictionary<string, string>
        {
            ["Http:Instances:http-home:AllowedAddresses:0"] = "127.0.0.1/32",
            ["Http:Instances:http-world:MaxRedirects"] = "1",
            ["Http:Instances:http-quiet:DryRun"] = "true",
        });
        using var home = host.Get<EventBus>().Subscribe(SubjectPattern.Parse("sekia.commands.http-home"));

        var answered = await AskAsync(host, "http-home", server.Address, "succeeded");
        var refused = await AskAsync(host, "http-world", server.Address, "failed");
        var unsent = await AskAsync(host, "http-quiet", server.Address, "dry_run");

        Assert.Equal(["http-home", "http-quiet", "http-world", "test-agent"], (await host.GetAsync("/api/v1/agents"))["agents"]!.AsArray()
            .Select(agent => (string)agent!["name"]!).Where(name => name != "webhooks-agent" && name != "webhook-agent"));
        Assert.Equal("hello", (string)answered["result"]!["body"]!);
        Assert.Contains("a loopback address", (string)refused["reason"]!, StringComparison.Ordinal);
        Assert.Equal("Not sent: DryRun is on for http-quiet.", (string)unsent["reason"]!);
        Assert.Single(server.Requests);
        Assert.Equal(0, home.Dropped);
        Assert.Equal("""{"command":"request","source":"api"}""", await NextWithoutPayloadAsync(home));
    }

    [Fact]
    public async Task The_section_itself_is_an_instance_when_it_says_more_than_its_instances()
    {
        await using var host = AgentHost.Start(new TestAgent(), settings: new Dictionary<string, string>
        {
            ["Http:MaxRedirects"] = "1",
            ["Http:Instances:http-home:MaxRedirects"] = "2",
        });

        Assert.NotNull(await host.AgentAsync("http-agent"));
        Assert.NotNull(await host.AgentAsync("http-home"));
    }

    [Theory]
    [InlineData("http-agent", "two agents are named 'http-agent'. Give one of them another name under Instances.")]
    [InlineData("http home", "an agent cannot be named 'http home'.")]
    [InlineData("http.home", "an agent cannot be named 'http.home'.")]
    [InlineData("http-*", "an agent cannot be named 'http-*'.")]
    public void A_name_that_cannot_be_stops_the_start_with_a_sentence(string name, string expected)
    {
        var instances = ((string[])["http-agent", name]).Select(one => new AgentInstance(new TestAgent { Name = one }, () => new AgentOptions()));

        var failure = Assert.Throws<StartFailedException>(() => new AgentRegistry(instances, new LiveOptions<AgentsOptions>(new()), TimeProvider.System));

        Assert.StartsWith($"Sekia cannot start: {expected}", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<JsonObject> AskAsync(AgentHost host, string agent, string url, string status)
    {
        var (_, receipt) = await host.PostAsync("/api/v1/commands", new { agent, command = "request", payload = new { method = "GET", url } });
        return await host.WaitAsync((string)receipt["id"]!, status);
    }

    private static async Task<string> NextWithoutPayloadAsync(Subscription subscription)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var message in subscription.ReadAllAsync(limit.Token))
        {
            var body = JsonNode.Parse(Encoding.UTF8.GetString(message.Body.Span))!.AsObject();
            body.Remove("payload");
            return body.ToJsonString();
        }

        return "";
    }
}
