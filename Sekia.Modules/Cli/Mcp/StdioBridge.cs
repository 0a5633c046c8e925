using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Sekia.Modules.Cli.Mcp;

/// <summary>Carries messages between a client's lines and a session with a host.</summary>
internal sealed class StdioBridge(HostSession session, MessageLines lines, TextWriter error) : IAsyncDisposable
{
    private const int Unreachable = -32000;
    private const int ParseError = -32700;

    /// <summary>How long calls under way may still be answered when the client has closed its end.</summary>
    private static readonly TimeSpan s_lastAnswers = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_reconnect = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, bool> _cancelled = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _underWay = new();
    private readonly CancellationTokenSource _end = new();
    private Task _listening = Task.CompletedTask;

    /// <returns>0 when the client has said goodbye; 1 when there was no host to begin with, and that has been said.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        while (await lines.ReadAsync(cancellationToken) is { } line)
        {
            foreach (var message in await ParseAsync(line))
            {
                if (!await TakeAsync(message))
                {
                    return 1;
                }
            }
        }

        await Task.WhenAny(Task.WhenAll(_underWay.Keys), Task.Delay(s_lastAnswers, cancellationToken));
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _listening;
        using (var limit = new CancellationTokenSource(s_lastAnswers))
        {
            await session.LeaveAsync(limit.Token);
        }

        _end.Dispose();
        lines.Dispose();
    }

    /// <returns>Whether there is somebody to go on with.</returns>
    private async Task<bool> TakeAsync(JsonObject message)
    {
        switch (message.Text("method"))
        {
            case "initialize":
                return await InitializeAsync(message);
            case "notifications/initialized":
                await CarryAsync(message);
                _listening = ListenAsync();
                return true;
            default:
                Note(message);
                var carried = CarryAsync(message);
                _underWay[carried] = true;
                _ = carried.ContinueWith(done => _underWay.TryRemove(done, out _), TaskScheduler.Default);
                return true;
        }
    }

    /// <summary>The message of a line; or several, where the agreed version has lists of them.</summary>
    private async Task<IReadOnlyList<JsonObject>> ParseAsync(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return [];
        }

        if (RpcMessage.Parse(line) is { } message)
        {
            return [message];
        }

        if (session.TakesLists && RpcMessage.ParseList(line) is { } messages)
        {
            return messages;
        }

        await lines.WriteAsync(RpcMessage.Error(null, ParseError, "The line is not a JSON-RPC message: one JSON object on each line, with each name once."));
        return [];
    }

    /// <summary>What has to be known of a message when it is on its way.</summary>
    private void Note(JsonObject message)
    {
        var about = message.Part("params");
        switch (message.Text("method"))
        {
            case "notifications/cancelled":
                _cancelled[about["requestId"]?.ToJsonString() ?? ""] = true;
                break;
            case "resources/subscribe":
                session.Watch(about.Text("uri") ?? "", wanted: true);
                break;
            case "resources/unsubscribe":
                session.Watch(about.Text("uri") ?? "", wanted: false);
                break;
        }
    }

    private async Task<bool> InitializeAsync(JsonObject message)
    {
        try
        {
            await lines.WriteAsync(await session.BeginAsync(message, _end.Token));
            return true;
        }
        catch (Exception fault) when (fault is BridgeFaultException or IOException or HttpRequestException)
        {
            await error.WriteLineAsync(fault.Message);
            await lines.WriteAsync(RpcMessage.Error(message["id"], Unreachable, fault.Message));
            return false;
        }
    }

    /// <summary>Sends a message and passes on what comes back.</summary>
    private async Task CarryAsync(JsonObject message)
    {
        var answered = false;
        try
        {
            await foreach (var answer in session.SendAsync(message, _end.Token))
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

    private async Task AnswerIfOpenAsync(JsonObject message, bool answered, string sentence)
    {
        // Only requests of the client's have an answer, and those it has cancelled have none.
        if (!answered && message["id"] is { } id && message["method"] is not null && !_cancelled.TryRemove(id.ToJsonString(), out _))
        {
            await lines.WriteAsync(RpcMessage.Error(id, Unreachable, sentence));
        }
    }

    /// <summary>Passes on what the host says unasked, over its restarts.</summary>
    private async Task ListenAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await foreach (var notice in session.ListenAsync(_end.Token))
                {
                    await lines.WriteAsync(notice);
                }

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
}
