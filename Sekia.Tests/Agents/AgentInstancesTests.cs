using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Settings;
using Sekia.Modules.Http;
using Sekia.Modules.Journal;
using Sekia.Modules.Security;
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

        Assert.Equal(["github-agent", "http-home", "http-quiet", "http-world", "test-agent"], (await host.GetAsync("/api/v1/agents"))["agents"]!.AsArray()
            .Select(agent => (string)agent!["name"]!).Where(name => name != "webhook-agent"));
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
    [InlineData("""{ "Instances": { "staging": { "DryRun": true } } }""", "{}", "staging")]
    [InlineData("""{ "Instances": { "staging": { "DryRun": true }, "other": {} } }""", """{ "Instances": { "other": {} } }""", "staging")]
    [InlineData("""{ "DryRun": true, "Instances": { "other": {} } }""", """{ "Instances": { "other": {} } }""", "http-agent")]
    [InlineData("""{ "DryRun": true }""", """{ "DryRun": true, "Instances": { "other": {} } }""", "http-agent")]
    [InlineData("""{ "DryRun": true }""", """{ "Instances": { "other": {} } }""", "http-agent")]
    public async Task Instances_come_and_go_with_a_restart_only_and_until_then_one_that_went_keeps_its_settings(string before, string after, string agent)
    {
        using var root = new TemporaryFolder();
        root.Write("appsettings.json", $$"""{ "Http": {{before}} }""");
        await using var host = await ModuleHost.StartAsync(
            root, [new BusModule(), new JournalModule(), new SecurityModule(), new AgentsModule(), new HttpModule()], "Journal:Mode=Memory");

        root.Write("appsettings.json", $$"""{ "Http": {{after}} }""");
        host.Services.GetRequiredService<SettingsReload>().Reload();

        Assert.Equal($"DryRun is on for {agent}", host.Services.GetRequiredService<AgentRegistry>().Find(agent)!.DryRunBecause);
        Assert.Contains("Http:Instances changed and takes effect after a restart", root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_that_stays_takes_its_reloadable_settings()
    {
        using var root = new TemporaryFolder();
        root.Write("appsettings.json", """{ "Http": { "Instances": { "staging": { "DryRun": true } } } }""");
        await using var host = await ModuleHost.StartAsync(
            root, [new BusModule(), new JournalModule(), new SecurityModule(), new AgentsModule(), new HttpModule()], "Journal:Mode=Memory");

        root.Write("appsettings.json", """{ "Http": { "Instances": { "staging": { "DryRun": false } } } }""");
        host.Services.GetRequiredService<SettingsReload>().Reload();

        Assert.Null(host.Services.GetRequiredService<AgentRegistry>().Find("staging")!.DryRunBecause);
        Assert.DoesNotContain("after a restart", root.Log(), StringComparison.Ordinal);
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

    [Fact]
    public async Task An_agent_that_holds_something_gives_it_back_when_the_host_ends()
    {
        var agent = new HoldingAgent();
        var host = AgentHost.Start([], replace: services => services.AddSource(_ => agent));
        Assert.Same(agent, host.Get<AgentRegistry>().Find("holding-agent")!.Agent);

        await host.DisposeAsync();

        Assert.True(agent.HasGivenBack);
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

    private sealed class HoldingAgent : IAgent, IDisposable
    {
        public string Name => "holding-agent";

        public bool HasGivenBack { get; private set; }

        public void Dispose() => HasGivenBack = true;
    }
}
