using Microsoft.AspNetCore.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.Host;

/// <summary>A server that answers at once, but for a few requests in each round: those are with it when the asker is killed.</summary>
internal sealed class HeldAnswers
{
    private TaskCompletionSource _killed = new();
    private int _hold;

    public HeldAnswers(RecordingServer server)
    {
        foreach (var request in (string[])["GET /get", "PUT /put", "POST /keyed", "POST /plain"])
        {
            server.On(request, AnswerAsync);
        }
    }

    /// <summary>Keeps the answers to the next requests back.</summary>
    public void HoldNext(int requests)
    {
        _killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _hold, requests);
    }

    /// <summary>Whoever asked is gone.</summary>
    public void Release()
    {
        Volatile.Write(ref _hold, 0);
        _killed.SetResult();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var killed = _killed.Task;
        if (Interlocked.Decrement(ref _hold) >= 0)
        {
            await killed;
        }

        await context.Response.WriteAsync("done");
    }
}
