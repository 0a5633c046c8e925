using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.GitHub;
using Sekia.Modules.Journal;
using Sekia.Modules.Security;
using Sekia.Modules.Webhooks;
using Sekia.Tests.Support;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub.Deliveries;

/// <summary>The webhooks of GitHub on a real Kestrel with a journal in memory, and what has reached the bus.</summary>
internal sealed class DeliveryHarness : IAsyncDisposable
{
    public const string Secret = "It's a Secret to Everybody";
    public const string SecretSetting = "GitHub:WebhookSecret=" + Secret;

    private readonly ModuleHost _host;
    private readonly Subscription _events;

    private DeliveryHarness(TemporaryFolder root, ModuleHost host)
    {
        Root = root;
        _host = host;
        _events = host.Services.GetRequiredService<EventBus>().Subscribe(SubjectPattern.Parse("sekia.events.>"), capacity: 4096);
        Client = host.Client();
    }

    public TemporaryFolder Root { get; }

    public HttpClient Client { get; }

    public Uri[] Addresses => _host.Addresses;

    public EventJournal Journal => _host.Services.GetRequiredService<EventJournal>();

    /// <summary>How many events the journal holds.</summary>
    public long Recorded => Journal.Head;

    public static async Task<DeliveryHarness> StartAsync(params string[] settings)
    {
        var root = new TemporaryFolder();
        var host = await ModuleHost.StartAsync(
            root,
            [new BusModule(), new JournalModule(), new SecurityModule(), new AgentsModule(), new GitHubModule(), new WebhooksModule()],
            ["Journal:Mode=Memory", .. settings]);
        return new DeliveryHarness(root, host);
    }

    public AgentEntry Agent(string name = "github-agent") => _host.Services.GetRequiredService<AgentRegistry>().Find(name)!;

    /// <summary>Posts a delivery as GitHub does, signed.</summary>
    public Task<HttpResponseMessage> DeliverAsync(
        string kind, string body, string? id = null, string path = "/webhooks/github", string secret = Secret, string type = "application/json")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        List<(string, string)> headers = [("X-GitHub-Event", kind), ("X-Hub-Signature-256", WebhookHarness.Sign(secret, bytes)), ("Content-Type", type)];
        return PostAsync(path, bytes, [.. headers, .. id is null ? [] : new[] { ("X-GitHub-Delivery", id) }]);
    }

    public Task<HttpResponseMessage> PostAsync(string path, byte[] body, params (string Name, string Value)[] headers) =>
        WebhookHarness.PostAsync(Client, path, body, headers);

    /// <summary>Posts with each header on a line of its own, which a client would join, and gives the status of the answer.</summary>
    public async Task<HttpStatusCode> PostLinesAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var socket = new TcpClient();
        await socket.ConnectAsync(Addresses[0].Host, Addresses[0].Port, timeout.Token);
        var stream = socket.GetStream();
        var lines = headers.Select(header => $"{header.Name}: {header.Value}").Prepend($"Content-Length: {body.Length}").Prepend($"Host: {Addresses[0].Authority}");
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"POST {path} HTTP/1.1\r\n{string.Join("\r\n", lines)}\r\n\r\n"), timeout.Token);
        await stream.WriteAsync(body, timeout.Token);

        using var reader = new StreamReader(stream, Encoding.ASCII);
        return (HttpStatusCode)int.Parse((await reader.ReadLineAsync(timeout.Token))!.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The recorded event at a place in the journal.</summary>
    public Event At(long seq) => Assert.Single(Journal.Reader.Events(seq - 1, seq, _ => true, type: null, limit: 1).Events);

    /// <summary>The payload of the event at a place in the journal.</summary>
    public JsonElement PayloadAt(long seq) => JsonElement.Parse(At(seq).Payload.Span);

    /// <summary>The next event on the bus.</summary>
    public async Task<Event> NextEventAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var message in _events.ReadAllAsync(timeout.Token))
        {
            return message.Event!;
        }

        throw new InvalidOperationException("the bus is closed");
    }

    public async ValueTask DisposeAsync()
    {
        _events.Dispose();
        await _host.DisposeAsync();
        Root.Dispose();
    }
}
