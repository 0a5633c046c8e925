using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Mcp;

/// <summary>All sessions. Ends those whose clients are gone, and makes room when there are too many.</summary>
internal sealed partial class McpSessions(
    McpFace face, CallerCheck callers, LiveOptions<McpOptions> options, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<McpSessions> logger)
    : BackgroundService
{
    /// <summary>Of real time: how long a session has been silent is what the clock says.</summary>
    private static readonly TimeSpan s_sweepInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, McpSession> _sessions = new(StringComparer.Ordinal);
    private readonly Lock _opening = new();

    public int Count => _sessions.Count;

    public IEnumerable<McpSession> All => _sessions.Values;

    public McpSession? Find(string id) => _sessions.GetValueOrDefault(id);

    /// <summary>A session of this caller; <c>null</c> also when it is somebody else's.</summary>
    public McpSession? FindFor(Caller caller, string id) => Find(id) is { } session && session.Caller == caller ? session : null;

    /// <summary>Opens a session. At the limit the one that has been silent the longest makes room.</summary>
    /// <exception cref="BadHttpRequestException">All of them have requests or streams open.</exception>
    public async Task<McpSession> OpenAsync(Caller caller)
    {
        McpSession? leaving;
        McpSession opened;
        lock (_opening)
        {
            leaving = _sessions.Count < options.Current.MaxSessions ? null : Quietest();
            if (leaving is not null)
            {
                _sessions.TryRemove(leaving.Id, out _);
            }

            opened = new McpSession(NewId(), caller, face, callers, clock, lifetime.ApplicationStopping);
            _sessions[opened.Id] = opened;
        }

        if (leaving is not null)
        {
            LogMadeRoom(options.Current.MaxSessions);
            await leaving.DisposeAsync();
        }

        return opened;
    }

    /// <summary>Ends a session.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> EndAsync(string id)
    {
        if (!_sessions.TryRemove(id, out var session))
        {
            return false;
        }

        await session.DisposeAsync();
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_sweepInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var session in _sessions.Values.Where(session => IsGone(session) || !session.IsAdmitted))
                {
                    await EndAsync(session.Id);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            await Task.WhenAll(_sessions.Keys.Select(EndAsync));
        }
    }

    private bool IsGone(McpSession session) =>
        session.Silence >= (session.HasLostStream ? options.Current.ReconnectWithin : options.Current.SessionIdle);

    private McpSession Quietest() =>
        _sessions.Values.Where(session => session.Silence > TimeSpan.Zero).MaxBy(session => session.Silence)
        ?? throw new BadHttpRequestException(
            $"There are {options.Current.MaxSessions} MCP sessions with clients at work, which is the limit. Close one of them, or raise Mcp:MaxSessions.",
            StatusCodes.Status503ServiceUnavailable);

    private static string NewId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    [LoggerMessage(Level = LogLevel.Warning, Message = "There are {Limit} MCP sessions (Mcp:MaxSessions); the one that has been silent the longest ends")]
    private partial void LogMadeRoom(int limit);
}
