using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub;
using Sekia.Modules.GitHub.Client;
using Sekia.Modules.Hosting;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub;

/// <summary>A GitHub agent that talks to a server of the test, called as the dispatcher calls it.</summary>
internal sealed class GitHubHarness : IAsyncDisposable
{
    public const string Token = "ghp_s3cret";

    private readonly ServiceProvider _connections;
    private readonly GitHubAgent _agent;

    private GitHubHarness(RecordingServer server, string baseUrl, string name)
    {
        Server = server;
        Options = new LiveOptions<GitHubOptions>(new GitHubOptions { Token = Token, BaseUrl = new Uri(baseUrl) });
        var services = new ServiceCollection();
        GitHubConnections.Add(services);
        _connections = services.BuildServiceProvider();
        Client = new GitHubClient(_connections.GetRequiredService<IHttpClientFactory>(), Options, GitHubOptions.TokenSetting(name), Clock);
        _agent = new GitHubAgent(name, Options, Client, Clock, () => throw new NotSupportedException("This agent is only sent commands."));
    }

    public RecordingServer Server { get; }

    public TestClock Clock { get; } = new();

    public LiveOptions<GitHubOptions> Options { get; }

    public GitHubClient Client { get; }

    public GitHubAgent Agent => _agent;

    public static async Task<GitHubHarness> StartAsync(string below = "/", string name = "github-agent")
    {
        var server = await RecordingServer.StartAsync();
        return new GitHubHarness(server, server.Address + below, name);
    }

    /// <summary>An agent whose GitHub is somewhere else; its own server stays unasked.</summary>
    public static async Task<GitHubHarness> ToAsync(string baseUrl) => new(await RecordingServer.StartAsync(), baseUrl, "github-agent");

    /// <summary>Carries a command out and gives its answer.</summary>
    public async Task<JsonElement> CallAsync(string command, object payload, DateTimeOffset? begunBefore = null)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var method = _agent.Commands.Single(known => known.Name == command);
        var arguments = ArgumentCheck.Read(method, JsonSerializer.SerializeToUtf8Bytes(payload));
        var context = new CommandContext("cmd_1", Clock.GetUtcNow(), begunBefore);
        return JsonElement.Parse((await method.InvokeAsync(arguments, context, timeout.Token)).Span);
    }

    /// <summary>The sentence with which a command fails for good; the token never stands in it.</summary>
    public async Task<string> RefusalAsync(string command, object payload)
    {
        var message = (await Assert.ThrowsAnyAsync<CommandFailedException>(() => CallAsync(command, payload))).Message;
        Assert.DoesNotContain(Token, message, StringComparison.Ordinal);
        return message;
    }

    /// <summary>The requests of a method so far.</summary>
    public IReadOnlyList<RecordedRequest> Sent(string method) => [.. Server.Requests.Where(request => request.Method == method)];

    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync();
        await Server.DisposeAsync();
    }
}
