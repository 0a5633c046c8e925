using System.Collections.Concurrent;
using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Mcp;

/// <summary>
/// A client's session with a host. When the host has forgotten it, as after a start, it is begun anew with what the client said at its
/// beginning and what it has subscribed to: the client does not notice.
/// </summary>
internal sealed class HostSession(McpHost host) : IDisposable
{
    private readonly SemaphoreSlim _beginning = new(1);
    private readonly ConcurrentDictionary<string, bool> _watched = new(StringComparer.Ordinal);
    private JsonObject? _initialize;

    /// <summary>Whether the agreed version has lists of messages, as only the older ones have.</summary>
    public bool TakesLists => host.Version is "2024-11-05" or "2025-03-26";

    /// <summary>Begins it.</summary>
    /// <returns>The answer to the client's <c>initialize</c>.</returns>
    /// <exception cref="BridgeFaultException">There is no host, or it refuses.</exception>
    public Task<JsonObject> BeginAsync(JsonObject initialize, CancellationToken cancellationToken)
    {
        _initialize = initialize;
        return InitializeAsync(initialize, cancellationToken);
    }

    /// <summary>Keeps in mind, or forgets, that the client wants to hear of a resource.</summary>
    public void Watch(string uri, bool wanted)
    {
        if (wanted)
        {
            _watched[uri] = true;
        }
        else
        {
            _watched.TryRemove(uri, out _);
        }
    }

    /// <summary>Sends a message; when the host does not know the session, in another one.</summary>
    /// <returns>What the host answers to it.</returns>
    /// <exception cref="BridgeFaultException">There is no host, or it refuses, or it is none of ours.</exception>
    public async IAsyncEnumerable<JsonObject> SendAsync(JsonObject message, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await PostAsync(message, cancellationToken);
        await foreach (var answer in MessagesAsync(response, cancellationToken))
        {
            yield return answer;
        }
    }

    /// <summary>What the host says unasked, until the connection ends.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async IAsyncEnumerable<JsonObject> ListenAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await OpenStreamAsync(cancellationToken);
        if (response is null)
        {
            yield break;
        }

        await foreach (var notice in MessagesAsync(response, cancellationToken))
        {
            yield return notice;
        }
    }

    /// <summary>Says goodbye, if the host is there to hear it.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (host.Session is null)
        {
            return;
        }

        try
        {
            await host.LeaveAsync(cancellationToken);
        }
        catch (Exception fault) when (fault is BridgeFaultException or OperationCanceledException)
        {
            // It is gone, or has forgotten the session already.
        }
    }

    public void Dispose() => _beginning.Dispose();

    private async Task<HttpResponseMessage> PostAsync(JsonObject message, CancellationToken cancellationToken)
    {
        var session = host.Session;
        try
        {
            return await host.PostAsync(message, cancellationToken);
        }
        catch (BridgeFaultException fault) when (fault.Status == HttpStatusCode.NotFound && session is not null)
        {
            await BeginAnewAsync(session, cancellationToken);
            return await host.PostAsync(message, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage?> OpenStreamAsync(CancellationToken cancellationToken)
    {
        var session = host.Session;
        try
        {
            return await host.ListenAsync(cancellationToken);
        }
        catch (BridgeFaultException fault) when (fault.Status == HttpStatusCode.NotFound && session is not null)
        {
            await BeginAnewAsync(session, cancellationToken);
            return null;
        }
    }

    private async Task<JsonObject> InitializeAsync(JsonObject initialize, CancellationToken cancellationToken)
    {
        using var response = await host.PostAsync(initialize, cancellationToken);
        await foreach (var answer in MessagesAsync(response, cancellationToken))
        {
            if (answer["id"] is not null)
            {
                host.Version = answer.Part("result").Text("protocolVersion");
                host.Session = McpHost.SessionIn(response);
                return answer;
            }
        }

        throw new BridgeFaultException("Sekia did not answer 'initialize'. It may be stopping; try again.");
    }

    private async Task BeginAnewAsync(string lost, CancellationToken cancellationToken)
    {
        await _beginning.WaitAsync(cancellationToken);
        try
        {
            // Several messages may find it out; one of them sees to it.
            if (host.Session != lost || _initialize is null)
            {
                return;
            }

            await InitializeAsync(_initialize, cancellationToken);
            await TellAsync(RpcMessage.Notice("notifications/initialized"), cancellationToken);
            foreach (var uri in _watched.Keys)
            {
                await TellAsync(RpcMessage.Request($"again {uri}", "resources/subscribe", new JsonObject { ["uri"] = uri }), cancellationToken);
            }
        }
        finally
        {
            _beginning.Release();
        }
    }

    /// <summary>Sends what the client need not hear the answer to.</summary>
    private async Task TellAsync(JsonObject message, CancellationToken cancellationToken)
    {
        using var response = await host.PostAsync(message, cancellationToken);
        await foreach (var _ in MessagesAsync(response, cancellationToken))
        {
        }
    }

    /// <summary>The messages of an answer, whichever of the two forms it has.</summary>
    private async IAsyncEnumerable<JsonObject> MessagesAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken))
            {
                if (item.Data.Length > 0)
                {
                    yield return Understood(item.Data);
                }
            }
        }
        else if (response.Content.Headers.ContentType?.MediaType == "application/json")
        {
            using var text = new StreamReader(body);
            yield return Understood(await text.ReadToEndAsync(cancellationToken));
        }
    }

    private JsonObject Understood(string text) =>
        RpcMessage.Parse(text) ?? throw new BridgeFaultException($"What answers {host.Where} does not speak as Sekia does. Is it another program?");
}
