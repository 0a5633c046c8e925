using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sekia.Modules.Mcp;

/// <summary>One client, from its <c>initialize</c> until it says goodbye or is not heard of any more.</summary>
internal sealed class McpSession : IAsyncDisposable
{
    /// <summary>Shows a client's network, and us, that the other one is still there.</summary>
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(20);
    private static readonly byte[] s_comment = ": \n\n"u8.ToArray();

    private readonly TimeProvider _clock;
    private readonly StreamableHttpServerTransport _transport;
    private readonly McpServer _server;
    private readonly NoticeStream _notices = new();
    private readonly CancellationTokenSource _end;
    private readonly Task _running;
    private readonly Lock _gate = new();
    private CancellationTokenSource? _listening;
    private long _lastHeard;
    private int _requests;
    private bool _hasListened;

    public McpSession(string id, McpFace face, ILoggerFactory loggers, TimeProvider clock, CancellationToken stopping)
    {
        Id = id;
        _clock = clock;
        _lastHeard = clock.GetTimestamp();
        _end = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _transport = new StreamableHttpServerTransport(loggers) { SessionId = id };
        _server = McpServer.Create(_transport, face.OptionsFor(Watched), loggers);
        _running = Task.WhenAll(
            EndedAsync(_server.RunAsync(_end.Token)),
            EndedAsync(_transport.HandleGetRequestAsync(_notices, _end.Token)));
    }

    public string Id { get; }

    public WatchedResources Watched { get; } = new();

    /// <summary>How long nothing has been heard of the client; zero while a request or a stream of it is open.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (_gate)
            {
                return IsBusy ? TimeSpan.Zero : _clock.GetElapsedTime(_lastHeard);
            }
        }
    }

    /// <summary>Whether its stream has broken off.</summary>
    public bool HasLostStream
    {
        get
        {
            lock (_gate)
            {
                return _hasListened && _listening is null;
            }
        }
    }

    private bool IsBusy => _requests > 0 || _listening is not null;

    /// <summary>Handles one message of the client, and writes the answer if it asks for one.</summary>
    /// <returns>Whether there was something to write.</returns>
    public async Task<bool> TakeAsync(JsonRpcMessage message, HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
            return await _transport.HandlePostRequestAsync(message, context.Response.Body, either.Token);
        }
        finally
        {
            lock (_gate)
            {
                _lastHeard = _clock.GetTimestamp();
                Interlocked.Decrement(ref _requests);
            }
        }
    }

    /// <summary>Sends the client what it has not asked for, until its connection ends. A newer connection takes over from an older one.</summary>
    public async Task ListenAsync(HttpContext context)
    {
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        var earlier = TakeOver(mine);
        if (earlier is not null)
        {
            await earlier.CancelAsync();
        }

        try
        {
            await context.Response.Body.WriteAsync(s_comment, mine.Token);
            await PumpAsync(context.Response.Body, mine.Token);
        }
        catch (OperationCanceledException) when (mine.IsCancellationRequested)
        {
        }
        finally
        {
            lock (_gate)
            {
                _lastHeard = _clock.GetTimestamp();
                if (_listening == mine)
                {
                    _listening = null;
                }
            }
        }
    }

    /// <summary>Tells the client something it may want to know. One that does not listen does not hear it.</summary>
    public Task NotifyAsync(string method, CancellationToken cancellationToken) => _server.SendNotificationAsync(method, cancellationToken);

    /// <summary>Tells the client that a resource it watches has changed.</summary>
    public Task NotifyOfAsync(string uri, CancellationToken cancellationToken) => _server.SendNotificationAsync(
        NotificationMethods.ResourceUpdatedNotification, new ResourceUpdatedNotificationParams { Uri = uri }, cancellationToken: cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _transport.DisposeAsync();
        await _running;
        await _server.DisposeAsync();
        await _notices.DisposeAsync();
        _end.Dispose();
    }

    private CancellationTokenSource? TakeOver(CancellationTokenSource mine)
    {
        lock (_gate)
        {
            _hasListened = true;
            var earlier = _listening;
            _listening = mine;
            return earlier;
        }
    }

    private async Task PumpAsync(Stream client, CancellationToken cancellationToken)
    {
        while (true)
        {
            await client.FlushAsync(cancellationToken);
            await client.WriteAsync(await NextAsync(cancellationToken), cancellationToken);
        }
    }

    /// <summary>The next notice, or a sign of life when there is none for a while.</summary>
    private async Task<byte[]> NextAsync(CancellationToken cancellationToken)
    {
        using var quiet = new CancellationTokenSource(s_keepAlive, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(quiet.Token, cancellationToken);
        try
        {
            return await _notices.Messages.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return s_comment;
        }
    }

    /// <summary>Ending a session is no failure.</summary>
    private async Task EndedAsync(Task part)
    {
        try
        {
            await part;
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
    }
}
