using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard;
using Sekia.Modules.Dashboard.Live;
using Sekia.Modules.GitHub;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Journal;
using Sekia.Modules.Security;
using Sekia.Modules.Webhooks;
using Sekia.Modules.Workflows;
using Sekia.Tests.Support;

namespace Sekia.Tests.Dashboard;

/// <summary>The modules behind a dashboard with something on it, on a real port, in this process.</summary>
internal sealed class DashboardHost : IAsyncDisposable
{
    public const string Secret = "It's a Secret to Everybody";

    public const string Labeller = """
        sekia.on("sekia.events.github", { type = "github.issue.opened" }, function(event)
          sekia.command("github-agent", "add_label", { owner = event.payload.owner, repo = event.payload.repo, number = event.payload.number, label = "bug" })
        end)
        """;

    private DashboardHost(TemporaryFolder root, ModuleHost host) => (Root, Host) = (root, host);

    public TemporaryFolder Root { get; }

    public ModuleHost Host { get; }

    public Uri Address => Host.Addresses[0];

    public DashboardStream Stream => Get<DashboardStream>();

    public EventJournal Journal => Get<EventJournal>();

    public TokenFile Tokens => Get<TokenFile>();

    /// <param name="workflows">Scripts by their names.</param>
    /// <param name="settings">As <c>Section:Key=value</c>.</param>
    /// <param name="modules">Further modules, for example with an agent of the test.</param>
    public static async Task<DashboardHost> StartAsync(
        IReadOnlyDictionary<string, string>? workflows = null, string[]? settings = null, IModule[]? modules = null)
    {
        var root = new TemporaryFolder();
        Directory.CreateDirectory(root.File("workflows"));
        foreach (var (name, script) in workflows ?? new Dictionary<string, string>())
        {
            await File.WriteAllTextAsync(root.File($"workflows/{name}.lua"), script);
        }

        var host = await ModuleHost.StartAsync(
            root,
            [
                new BusModule(), new JournalModule(), new SecurityModule(), new AgentsModule(), new GitHubModule(), new WebhooksModule(),
                new WorkflowsModule(), new ApiModule(), new DashboardModule(), .. modules ?? [],
            ],
            ["Journal:Mode=Memory", $"GitHub:WebhookSecret={Secret}", .. settings ?? []]);
        return new DashboardHost(root, host);
    }

    public T Get<T>()
        where T : notnull => Host.Services.GetRequiredService<T>();

    public Task<IReadOnlyList<Accepted>> PublishAsync(int count, string type = "deploy.started", string source = "test", string payload = """{"number":1}""")
    {
        // The same bytes for all: some tests publish many large ones.
        var bytes = Encoding.UTF8.GetBytes(payload);
        return Get<EventBus>().PublishAsync(
            [.. Enumerable.Range(0, count).Select(_ => new Event { Subject = Subject.OfEvents(source), Type = type, Source = source, Payload = bytes })],
            CancellationToken.None);
    }

    /// <summary>Posts a signed delivery of GitHub: an issue was opened.</summary>
    public async Task DeliverAsync()
    {
        var body = """{"action":"opened","issue":{"number":1,"title":"A bug"},"repository":{"name":"lamp","owner":{"login":"ann"}}}""";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(body)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/github") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-GitHub-Event", "issues");
        request.Headers.Add("X-GitHub-Delivery", string.Create(CultureInfo.InvariantCulture, $"{Guid.CreateVersion7()}"));
        request.Headers.Add("X-Hub-Signature-256", "sha256=" + signature);
        using var client = Host.Client();
        using var answer = await client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Root.Dispose();
    }
}

/// <summary>Adds routes of a test's own to a host.</summary>
internal sealed class RoutesModule(Action<Microsoft.AspNetCore.Routing.IEndpointRouteBuilder> map) : IModule
{
    public string Name => "Routes";

    public void AddServices(IServiceCollection services, IConfigurationSection section)
    {
    }

    public void MapEndpoints(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder routes) => map(routes);
}

/// <summary>Adds an agent of the test's to a host.</summary>
internal sealed class TestAgentModule(IAgent agent) : IModule
{
    public string Name => "TestAgent";

    public void AddServices(IServiceCollection services, IConfigurationSection section) => services.AddSource(_ => agent);
}
