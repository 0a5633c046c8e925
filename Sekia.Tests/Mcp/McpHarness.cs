using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Http;
using Sekia.Modules.Journal;
using Sekia.Modules.Mcp;
using Sekia.Modules.Security;
using Sekia.Modules.Workflows;
using Sekia.Tests.Support;

namespace Sekia.Tests.Mcp;

/// <summary>A host with MCP on a real port, and what a client of it sends, by hand.</summary>
internal sealed class McpHarness : IAsyncDisposable
{
    private readonly TemporaryFolder _root = new();
    private ModuleHost _host = null!;

    public McpSessions Sessions => _host.Services.GetRequiredService<McpSessions>();

    public Uri Address => new(_host.Addresses[0], "/mcp");

    public static Task<McpHarness> StartAsync(params string[] settings) => BeginAsync(_ => { }, [], settings);

    /// <summary>Starts it when its files have been written.</summary>
    public static Task<McpHarness> StartAsync(Action<McpHarness> write, params string[] settings) => BeginAsync(write, [], settings);

    /// <summary>Starts it on a clock of the test's.</summary>
    public static Task<McpHarness> StartAsync(TestClock clock, params string[] settings) => BeginAsync(_ => { }, [new ClockModule(clock)], settings);

    /// <summary>The tokens of the host.</summary>
    public TokenFile Tokens => new(_root.File("data/tokens.json"));

    public HttpClient Client() => _host.Client();

    public void DamageTokens() => _root.Write("data/tokens.json", "[{");

    /// <summary>A client that shows a token.</summary>
    public HttpClient ClientWith(string token)
    {
        var client = Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Writes a workflow, which is not loaded until somebody asks for it.</summary>
    public void Write(string name, string source)
    {
        Directory.CreateDirectory(_root.File("workflows"));
        _root.Write($"workflows/{name}", source);
    }

    /// <summary>Asks something in a session, and reads the answer.</summary>
    public static async Task<JsonObject> AskAsync(HttpClient client, string session, string method, JsonObject? parameters = null)
    {
        var message = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 2, ["method"] = method, ["params"] = parameters ?? [] };
        using var answer = await client.SendAsync(Post(message.ToJsonString(), session));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            return JsonNode.Parse(item.Data)!.AsObject();
        }

        throw new InvalidOperationException($"'{method}' was not answered.");
    }

    /// <summary>Calls a tool in a session.</summary>
    public static Task<JsonObject> CallAsync(HttpClient client, string session, string tool, JsonObject? arguments = null) =>
        AskAsync(client, session, "tools/call", new JsonObject { ["name"] = tool, ["arguments"] = arguments ?? [] });

    /// <summary>A message as a client sends it.</summary>
    public static HttpRequestMessage Post(string body, string? session = null, string type = "application/json")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(body, Encoding.UTF8, type) };
        return Dress(request, session);
    }

    public static HttpRequestMessage Listen(string? session) => Dress(new HttpRequestMessage(HttpMethod.Get, "/mcp"), session);

    /// <summary>Begins a session.</summary>
    /// <returns>Its id.</returns>
    public static async Task<string> InitializeAsync(HttpClient client, string version = "2025-06-18")
    {
        using var answer = await client.SendAsync(Post(Initialize(version)));
        answer.EnsureSuccessStatusCode();
        var session = answer.Headers.GetValues("Mcp-Session-Id").Single();
        using var initialized = await client.SendAsync(Post("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", session));
        Assert.Equal(HttpStatusCode.Accepted, initialized.StatusCode);
        return session;
    }

    public static string Initialize(string version) =>
        $$$"""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"{{{version}}}","capabilities":{},"clientInfo":{"name":"tests","version":"1"} } }""";

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _root.Dispose();
    }

    private static async Task<McpHarness> BeginAsync(Action<McpHarness> write, IModule[] more, string[] settings)
    {
        IModule[] modules =
        [
            new BusModule(), new JournalModule(), new SecurityModule(), new AgentsModule(), new HttpModule(), new WorkflowsModule(), new ApiModule(), new McpModule(), .. more,
        ];
        var harness = new McpHarness();
        write(harness);
        harness._host = await ModuleHost.StartAsync(harness._root, modules, ["Journal:Mode=Memory", .. settings]);
        return harness;
    }

    private static HttpRequestMessage Dress(HttpRequestMessage request, string? session)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", session);
        }

        return request;
    }

    private sealed class ClockModule(TestClock clock) : IModule
    {
        public string Name => "Clock";

        public void AddServices(IServiceCollection services, IConfigurationSection section) => services.AddSingleton<TimeProvider>(clock);
    }
}
