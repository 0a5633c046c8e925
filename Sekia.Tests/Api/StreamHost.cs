using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Security;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

/// <summary>A host with the API on a real port, and a clock that a test moves.</summary>
internal sealed class StreamHost : IAsyncDisposable
{
    private StreamHost(ModuleHost host, TestClock clock) => (Host, Clock) = (host, clock);

    public ModuleHost Host { get; }

    public TestClock Clock { get; }

    public EventStream Stream => Host.Services.GetRequiredService<EventStream>();

    public EventJournal Journal => Host.Services.GetRequiredService<EventJournal>();

    public static async Task<StreamHost> StartAsync(TemporaryFolder root, params string[] settings)
    {
        var clock = new TestClock();
        IModule[] modules = [new BusModule(), new JournalModule(), new SecurityModule(), new AgentsModule(), new ApiModule(), new ClockModule(clock)];
        return new StreamHost(await ModuleHost.StartAsync(root, modules, ["Journal:Mode=Memory", .. settings]), clock);
    }

    public Task<IReadOnlyList<Accepted>> PublishAsync(int count, string subject = "sekia.events.test", string type = "t", string payload = "{}") =>
        Host.Services.GetRequiredService<EventBus>().PublishAsync(
            [.. Enumerable.Range(0, count).Select(_ => new Event { Subject = subject, Type = type, Source = "test", Payload = System.Text.Encoding.UTF8.GetBytes(payload) })],
            CancellationToken.None);

    /// <summary>Opens the stream.</summary>
    public async Task<StreamClient> OpenAsync(string query = "", string? lastEventId = null, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events/stream" + query);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        if (token is not null)
        {
            request.Headers.Add("Authorization", "Bearer " + token);
        }

        var answer = await Host.Client().SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new StreamClient(answer, await answer.Content.ReadAsStreamAsync());
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private sealed class ClockModule(TestClock clock) : IModule
    {
        public string Name => "Clock";

        public void AddServices(IServiceCollection services, IConfigurationSection section) => services.AddSingleton<TimeProvider>(clock);
    }
}

/// <summary>A client of the stream; the framework's own parser reads for it.</summary>
internal sealed class StreamClient(HttpResponseMessage answer, Stream body) : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly IAsyncEnumerator<SseItem<string>> _items = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();

    public HttpResponseMessage Answer => answer;

    /// <summary>The bytes as they come, instead of the events.</summary>
    public Stream Body => body;

    /// <summary>The sentence of a refusal.</summary>
    public async Task<string> DetailAsync() => (string)(await JsonNode.ParseAsync(body))!["detail"]!;

    /// <summary>The next events.</summary>
    public async Task<List<SseItem<string>>> TakeAsync(int count)
    {
        var taken = new List<SseItem<string>>();
        while (taken.Count < count && await _items.MoveNextAsync().AsTask().WaitAsync(s_limit))
        {
            taken.Add(_items.Current);
        }

        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await body.DisposeAsync();
        answer.Dispose();
    }
}
