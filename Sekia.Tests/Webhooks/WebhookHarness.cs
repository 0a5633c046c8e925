using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Security;
using Sekia.Modules.Webhooks;
using Sekia.Tests.Support;

namespace Sekia.Tests.Webhooks;

/// <summary>The webhooks on a real Kestrel with a journal in memory, and what has reached the bus.</summary>
internal sealed class WebhookHarness : IAsyncDisposable
{
    private readonly TemporaryFolder _root;
    private readonly ModuleHost _host;
    private readonly Subscription _events;

    private WebhookHarness(TemporaryFolder root, ModuleHost host)
    {
        _root = root;
        _host = host;
        _events = host.Services.GetRequiredService<EventBus>().Subscribe(SubjectPattern.Parse("sekia.events.webhook"));
        Client = host.Client();
    }

    public HttpClient Client { get; }

    public Uri[] Addresses => _host.Addresses;

    /// <summary>How many events the journal holds.</summary>
    public long Recorded => _host.Services.GetRequiredService<EventJournal>().Head;

    public AgentEntry Agent => _host.Services.GetRequiredService<AgentRegistry>().Find("webhook-agent")!;

    public static async Task<WebhookHarness> StartAsync(params string[] settings)
    {
        var root = new TemporaryFolder();
        var host = await ModuleHost.StartAsync(
            root,
            [new BusModule(), new JournalModule(), new SecurityModule(), new AgentsModule(), new WebhooksModule()],
            ["Journal:Mode=Memory", .. settings]);
        return new WebhookHarness(root, host);
    }

    public static string Sign(string secret, byte[] body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    public Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers) =>
        PostAsync(path, Encoding.UTF8.GetBytes(body), headers);

    public Task<HttpResponseMessage> PostAsync(string path, byte[] body, params (string Name, string Value)[] headers) => PostAsync(Client, path, body, headers);

    /// <summary>Posts JSON, or what a header of the caller's says it is.</summary>
    public static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, byte[] body, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in headers)
        {
            if (name.StartsWith("Content-", StringComparison.Ordinal))
            {
                request.Content.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await client.SendAsync(request);
    }

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

    /// <summary>The JSON of an answer.</summary>
    public static async Task<JsonElement> JsonOfAsync(HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsByteArrayAsync());

    /// <summary>The sentence of a refusal.</summary>
    public static async Task<string> DetailOfAsync(HttpResponseMessage response) =>
        (await JsonOfAsync(response)).GetProperty("detail").GetString()!;

    public async ValueTask DisposeAsync()
    {
        _events.Dispose();
        await _host.DisposeAsync();
        _root.Dispose();
    }
}
