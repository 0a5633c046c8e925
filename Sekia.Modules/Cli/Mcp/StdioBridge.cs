using System.Collections.Concurrent;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Mcp;

/// <summary>
/// Carries messages between a client's lines and a host's session. When the host is started anew, the session is too, with what the client
/// said at its beginning and what it has subscribed to: the client does not notice.
/// </summary>
internal sealed class StdioBridge(McpHost host, MessageLines lines, TextWriter error) : IAsyncDisposable
{
    private const int Unreachable = -32000;
    private const int ParseError = -32700;

    /// <summary>How long calls under way may still be answered when the client has closed its end.</summary>
    private static readonly TimeSpan s_lastAnswers = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_reconnect = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _beginning = new(1);
    private readonly ConcurrentDictionary<string, bool> _cancelled = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _watched = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _underWay = new();
    private readonly CancellationTokenSource _end = new();
    private JsonNode? _initialize;
    private Task _listening = Task.CompletedTask;

    /// <returns>0 when the client has said goodbye; 1 when there was no host to begin with, and that has been said.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        while (await lines.ReadAsync(cancellationToken) is { } line)
        {
            if (await ParseAsync(line) is not { } message)
            {
                continue;
            }

            if (message["method"]?.ToString() == "initialize")
            {
                if (!await InitializeAsync(message))
                {
                    return 1;
                }
            }
            else if (message["method"]?.ToString() == "notifications/initialized")
            {
                await CarryAsync(message);
                _listening = ListenAsync();
            }
            else
            {
                Note(message);
                var carried = CarryAsync(message);
                _underWay[carried] = true;
                _ = carried.ContinueWith(done => _underWay.TryRemove(done, out _), TaskScheduler.Default);
            }
        }

        await Task.WhenAny(Task.WhenAll(_underWay.Keys), Task.Delay(s_lastAnswers, cancellationToken));
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _listening;
        if (host.Session is not null)
        {
            try
            {
                using var limit = new CancellationTokenSource(s_lastAnswers);
                await host.LeaveAsync(limit.Token);
            }
            catch (Exception fault) when (fault is BridgeFaultException or OperationCanceledException)
            {
                // It is gone, or has forgotten the session already.
            }
        }

        _beginning.Dispose();
        _end.Dispose();
        lines.Dispose();
    }

    private async Task<JsonNode?> ParseAsync(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return null;
        }

        try
        {
            if (JsonNode.Parse(line) is JsonObject message)
            {
                return message;
            }
        }
        catch (JsonException)
        {
            // Answered below, as any other line that is no message.
        }

        await lines.WriteAsync(ErrorOf(null, ParseError, "The line is not a JSON-RPC message: one JSON object on each line."));
        return null;
    }

    /// <summary>What has to be known of a message when it is on its way.</summary>
    private void Note(JsonNode message)
    {
        var about = message["params"];
        var uri = about?["uri"]?.ToString() ?? "";
        switch (message["method"]?.ToString())
        {
            case "notifications/cancelled":
                _cancelled[about?["requestId"]?.ToJsonString() ?? ""] = true;
                break;
            case "resources/subscribe":
                _watched[uri] = true;
                break;
            case "resources/unsubscribe":
                _watched.TryRemove(uri, out _);
                break;
        }
    }

    private async Task<bool> InitializeAsync(JsonNode message)
    {
        _initialize = message;
        try
        {
            await lines.WriteAsync(await BeginAsync(message));
            return true;
        }
        catch (BridgeFaultException fault)
        {
            await error.WriteLineAsync(fault.Message);
            await lines.WriteAsync(ErrorOf(message["id"], Unreachable, fault.Message));
            return false;
        }
    }

    /// <summary>Begins a session.</summary>
    /// <returns>The answer to the client's <c>initialize</c>.</returns>
    private async Task<JsonNode> BeginAsync(JsonNode initialize)
    {
        using var response = await host.PostAsync(initialize, _end.Token);
        await foreach (var answer in MessagesAsync(response))
        {
            if (answer["id"] is not null)
            {
                host.Version = answer["result"]?["protocolVersion"]?.ToString();
                host.Session = McpHost.SessionIn(response);
                return answer;
            }
        }

        throw new BridgeFaultException("Sekia did not answer 'initialize'. It may be stopping; try again.");
    }

    /// <summary>Sends a message and passes on what comes back.</summary>
    private async Task CarryAsync(JsonNode message)
    {
        var answered = false;
        try
        {
            using var response = await PostAsync(message);
            await foreach (var answer in MessagesAsync(response))
            {
                answered |= answer["id"] is not null && answer["method"] is null;
                await lines.WriteAsync(answer);
            }

            await AnswerIfOpenAsync(message, answered, "Sekia stopped before it answered. What was asked for may have been done or not.");
        }
        catch (BridgeFaultException fault)
        {
            await AnswerIfOpenAsync(message, answered, fault.Message);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            await AnswerIfOpenAsync(message, answered, $"The connection to Sekia broke before it answered: {broken.Message} What was asked for may have been done or not.");
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
    }

    private async Task AnswerIfOpenAsync(JsonNode message, bool answered, string sentence)
    {
        // Only requests of the client's have an answer, and those it has cancelled have none.
        if (!answered && message["id"] is { } id && message["method"] is not null && !_cancelled.TryRemove(id.ToJsonString(), out _))
        {
            await lines.WriteAsync(ErrorOf(id, Unreachable, sentence));
        }
    }

    /// <summary>Sends a message; when the host does not know the session, in another one.</summary>
    private async Task<HttpResponseMessage> PostAsync(JsonNode message)
    {
        var session = host.Session;
        try
        {
            return await host.PostAsync(message, _end.Token);
        }
        catch (BridgeFaultException fault) when (fault.Status == HttpStatusCode.NotFound && session is not null)
        {
            await BeginAnewAsync(session);
            return await host.PostAsync(message, _end.Token);
        }
    }

    private async Task BeginAnewAsync(string lost)
    {
        await _beginning.WaitAsync(_end.Token);
        try
        {
            // Several messages may find it out; one of them sees to it.
            if (host.Session != lost || _initialize is null)
            {
                return;
            }

            await BeginAsync(_initialize);
            await TellAsync(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "notifications/initialized" });
            foreach (var uri in _watched.Keys)
            {
                await TellAsync(new JsonObject
                {
                    ["jsonrpc"] = "2.0",
                    ["id"] = $"again {uri}",
                    ["method"] = "resources/subscribe",
                    ["params"] = new JsonObject { ["uri"] = uri },
                });
            }
        }
        finally
        {
            _beginning.Release();
        }
    }

    /// <summary>Sends what the client need not hear the answer to.</summary>
    private async Task TellAsync(JsonNode message)
    {
        using var response = await host.PostAsync(message, _end.Token);
        await foreach (var _ in MessagesAsync(response))
        {
        }
    }

    /// <summary>Passes on what the host says unasked, over its restarts.</summary>
    private async Task ListenAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var session = host.Session;
                await ListenOnceAsync(session);
                await Task.Delay(s_reconnect, _end.Token);
            }
            catch (Exception fault) when (fault is BridgeFaultException or IOException or HttpRequestException)
            {
                await Task.Delay(s_reconnect, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
            }
        }
    }

    private async Task ListenOnceAsync(string? session)
    {
        try
        {
            using var response = await host.ListenAsync(_end.Token);
            await foreach (var notice in MessagesAsync(response))
            {
                await lines.WriteAsync(notice);
            }
        }
        catch (BridgeFaultException fault) when (fault.Status == HttpStatusCode.NotFound && session is not null)
        {
            await BeginAnewAsync(session);
        }
    }

    /// <summary>The messages of an answer, whichever of the two forms it has.</summary>
    private async IAsyncEnumerable<JsonNode> MessagesAsync(HttpResponseMessage response)
    {
        await using var body = await response.Content.ReadAsStreamAsync(_end.Token);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            await foreach (var item in SseParser.Create(body).EnumerateAsync(_end.Token))
            {
                if (item.Data.Length > 0 && JsonNode.Parse(item.Data) is { } message)
                {
                    yield return message;
                }
            }
        }
        else if (response.Content.Headers.ContentType?.MediaType == "application/json" && await JsonNode.ParseAsync(body, cancellationToken: _end.Token) is { } message)
        {
            yield return message;
        }
    }

    private static JsonObject ErrorOf(JsonNode? id, int code, string sentence) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = id?.DeepClone(),
        ["error"] = new JsonObject { ["code"] = code, ["message"] = sentence },
    };
}
