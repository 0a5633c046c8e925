using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sekia.Modules.Hosting.Access;

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
    private readonly CancellationToken _ended;
    private readonly CallerCheck _callers;
    private readonly Task _running;
    private readonly Lock _gate = new();
    private CancellationTokenSource? _listening;
    private long _lastHeard;
    private int _requests;
    private bool _hasListened;

    public McpSession(string id, Caller caller, McpFace face, CallerCheck callers, TimeProvider clock, CancellationToken stopping)
    {
        Id = id;
        Caller = caller;
        _callers = callers;
        _clock = clock;
        _lastHeard = clock.GetTimestamp();
        _end = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _ended = _end.Token;

        // The SDK tells the log of each message, and takes what a client asks wrongly for a fault of ours. Our own faults are logged where they occur.
        _transport = new StreamableHttpServerTransport(NullLoggerFactory.Instance) { SessionId = id };
        _server = McpServer.Create(_transport, face.OptionsFor(caller, Watched), NullLoggerFactory.Instance);

        _running = Task.WhenAll(
            EndedAsync(_server.RunAsync(_end.Token)),
            EndedAsync(_transport.HandleGetRequestAsync(_notices, _end.Token)));
    }

    public string Id { get; }

    /// <summary>Who began it. To others it does not exist.</summary>
    public Caller Caller { get; }

    /// <summary>Of the protocol, as agreed on; <c>null</c> before that.</summary>
    public string? Version => _server.NegotiatedProtocolVersion;

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

    /// <summary>Whether who began it may still do so.</summary>
    public bool IsAdmitted => _callers.StillAdmits(Caller);

    private bool IsBusy => _requests > 0 || _listening is not null;

    /// <summary>Handles one message of the client, and writes the answer if it asks for one.</summary>
    /// <returns>Whether there was something to write.</returns>
    /// <exception cref="McpSessionEndedException">The session has ended meanwhile.</exception>
    public async Task<bool> TakeAsync(JsonRpcMessage message, HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _ended);
            return await _transport.HandlePostRequestAsync(message, context.Response.Body, either.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException && _ended.IsCancellationRequested)
        {
            throw new McpSessionEndedException();
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
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _ended);
        try
        {
            await TakeOverAsync(mine);
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
    public Task NotifyAsync(string method, CancellationToken cancellationToken) => EndedAsync(_server.SendNotificationAsync(method, cancellationToken));

    /// <summary>Tells the client that a resource it watches has changed.</summary>
    public Task NotifyOfAsync(string uri, CancellationToken cancellationToken) => EndedAsync(_server.SendNotificationAsync(
        NotificationMethods.ResourceUpdatedNotification, new ResourceUpdatedNotificationParams { Uri = uri }, cancellationToken: cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _transport.DisposeAsync();
        await _running;
        await _server.DisposeAsync();
        await _notices.DisposeAsync();
        _end.Dispose();
    }

    private Task TakeOverAsync(CancellationTokenSource mine)
    {
        lock (_gate)
        {
            _hasListened = true;

            // Within the lock: once the earlier one has left it is gone for good, and must not be touched.
            var left = _listening?.CancelAsync() ?? Task.CompletedTask;
            _listening = mine;
            return left;
        }
    }

    private async Task PumpAsync(Stream client, CancellationToken cancellationToken)
    {
        while (true)
        {
            await client.FlushAsync(cancellationToken);
            var next = await NextAsync(cancellationToken);
            if (!IsAdmitted)
            {
                return;
            }

            await client.WriteAsync(next, cancellationToken);
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
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException && _ended.IsCancellationRequested)
        {
        }
    }
}

/// <summary>A message came to a session in its last moment.</summary>
internal sealed class McpSessionEndedException : Exception;
