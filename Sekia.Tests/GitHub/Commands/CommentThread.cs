using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.GitHub.Commands;

/// <summary>The comments of one issue: taken, kept and listed as GitHub does, with accidents as a test wants them.</summary>
internal sealed class CommentThread
{
    private readonly ConcurrentQueue<string> _bodies = new();
    private int _posts;

    public CommentThread(RecordingServer server)
    {
        server.On("GET /repos/acme/shop/issues/7/comments", context => context.Response.WriteAsync(
            $"[{string.Join(',', _bodies.Select((body, index) => Samples.Comment(index + 1, body)))}]"));
        server.On("POST /repos/acme/shop/issues/7/comments", context => PostAsync(context, (string)JsonNode.Parse(server.Requests.Last(request => request.Method == "POST").Body)!["body"]!));
    }

    /// <summary>The comments that are there.</summary>
    public IReadOnlyList<string> Bodies => [.. _bodies];

    /// <summary>What happens to a comment that is sent, by the number of those before it; it is kept and confirmed unless the test says otherwise.</summary>
    public Func<int, Accident> OnPost { get; set; } = _ => Accident.None;

    /// <summary>A comment of somebody else.</summary>
    public void Add(string body) => _bodies.Enqueue(body);

    private async Task PostAsync(HttpContext context, string body)
    {
        var accident = OnPost(_posts++);
        if (accident is not Accident.Lost)
        {
            _bodies.Enqueue(body);
        }

        switch (accident)
        {
            case Accident.None:
                context.Response.StatusCode = 201;
                await context.Response.WriteAsync(Samples.Comment(_bodies.Count, body));
                break;
            case Accident.KeptAndBroken:
                context.Response.StatusCode = 502;
                break;
            case Accident.KeptAndHeld:
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            default:
                context.Abort();
                break;
        }
    }
}

/// <summary>What may happen on the way of a comment.</summary>
internal enum Accident
{
    None,

    /// <summary>It is not kept, and the connection breaks.</summary>
    Lost,

    /// <summary>It is kept, and the connection breaks before GitHub says so.</summary>
    KeptAndDropped,

    /// <summary>It is kept, and GitHub answers 502.</summary>
    KeptAndBroken,

    /// <summary>It is kept, and GitHub does not answer.</summary>
    KeptAndHeld,
}
