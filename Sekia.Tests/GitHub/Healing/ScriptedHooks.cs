using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sekia.Modules.GitHub.Deliveries;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub.Healing;

/// <summary>The webhooks of acme/shop and their deliveries as GitHub lists them, two on a page. Only the first webhook leads to Sekia.</summary>
internal sealed class ScriptedHooks
{
    public const string Repository = "acme/shop";

    private const string Deliveries = $"/repos/{Repository}/hooks/1/deliveries";

    private readonly RecordingServer _server;
    private readonly Lock _gate = new();
    private readonly List<Attempt> _attempts = [];
    private readonly List<string> _asked = [];

    public ScriptedHooks(RecordingServer server)
    {
        _server = server;
        server.On($"GET /repos/{Repository}/hooks", context => AnswerListAsync(context, """
            [{"id":1,"active":true,"config":{"url":"https://sekia.example.com/webhooks/github"}},
             {"id":2,"active":true,"config":{"url":"https://ci.example.com/github-webhook/"}},
             {"id":3,"active":false,"config":{"url":"https://sekia.example.com/webhooks/github"}}]
            """));
        server.On($"GET {Deliveries}", ListAsync);
    }

    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The guids that were to be sent again and will be, in order.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _asked];
            }
        }
    }

    /// <summary>How often the list was read to its end or to what is too old.</summary>
    public int Looks => _server.Requests.Count(request => request.PathAndQuery == $"/repos/{Repository}/hooks?per_page=100");

    /// <summary>Sends a delivery again, and answers with the status it got.</summary>
    public Func<string, Task<int>> OnRedelivery { get; set; } = _ => Task.FromResult(200);

    /// <summary>What comes in place of the answers to the next demands for a redelivery.</summary>
    public Queue<RequestDelegate> Refusals { get; } = new();

    /// <summary>What comes in place of the next answers to requests for a list; the address of those that are meant ends so.</summary>
    public (string List, Queue<RequestDelegate> Answers) ListRefusals { get; set; } = ("", new());

    /// <summary>A delivery was attempted some time ago.</summary>
    public void Add(string guid, int status, TimeSpan ago = default, bool redelivery = false)
    {
        lock (_gate)
        {
            var attempt = new Attempt(1000 + _attempts.Count, guid, Now - ago, redelivery, status);
            _attempts.Add(attempt);
            _server.On($"POST {Deliveries}/{attempt.Id}/attempts", context => RedeliverAsync(context, guid));
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        Attempt[] newest;
        lock (_gate)
        {
            newest = [.. _attempts.OrderByDescending(attempt => attempt.At).ThenByDescending(attempt => attempt.Id)];
        }

        var from = context.Request.Query["cursor"].FirstOrDefault() is { } cursor ? int.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        if (from + 2 < newest.Length)
        {
            context.Response.Headers.Link = $"<{_server.Address}{Deliveries}?per_page=100&cursor={from + 2}>; rel=\"next\"";
        }

        await AnswerListAsync(context, JsonSerializer.Serialize(newest.Skip(from).Take(2).Select(attempt => new
        {
            id = attempt.Id,
            guid = attempt.Guid,
            delivered_at = attempt.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            redelivery = attempt.IsRedelivery,
            status_code = attempt.Status,
            @event = "issues",
            action = "opened",
        })));
    }

    private async Task RedeliverAsync(HttpContext context, string guid)
    {
        if (Refusals.TryDequeue(out var refuse))
        {
            await refuse(context);
            return;
        }

        lock (_gate)
        {
            _asked.Add(guid);
        }

        Add(guid, await OnRedelivery(guid), redelivery: true);
        await AnswerAsync(context, 202, "{}");
    }

    private Task AnswerListAsync(HttpContext context, string body) =>
        context.Request.Path.Value!.EndsWith(ListRefusals.List, StringComparison.Ordinal) && ListRefusals.Answers.TryDequeue(out var refuse) ? refuse(context) : AnswerAsync(context, 200, body);

    private Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Date = Now.ToString("R", CultureInfo.InvariantCulture);
        return context.Response.WriteAsync(body);
    }

    private sealed record Attempt(long Id, string Guid, DateTimeOffset At, bool IsRedelivery, int Status);
}
