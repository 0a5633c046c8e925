using System.Net;
using System.Net.Http.Json;

namespace Sekia.Tests.Host;

/// <summary>One connection's events: every other one with a key. A keyed one without an answer is posted again until it has one.</summary>
internal sealed class EventPoster(int connection)
{
    private readonly Queue<string> _again = new();
    private int _posted;

    /// <summary>The marks of events that got a 2xx.</summary>
    public List<string> Accepted { get; } = [];

    /// <summary>The marks of events without a key that got no answer: each may be there or not.</summary>
    public List<string> Unanswered { get; } = [];

    /// <summary>Posts until the process is gone.</summary>
    public async Task PostAsync(HttpClient client, Action answered, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (!await PostOneAsync(client, _again.Count > 0 ? _again.Dequeue() : Next()))
            {
                return;
            }

            answered();
        }
    }

    /// <summary>Posts what still has no answer.</summary>
    public async Task SettleAsync(HttpClient client)
    {
        while (_again.Count > 0)
        {
            Assert.True(await PostOneAsync(client, _again.Dequeue()));
        }
    }

    private string Next()
    {
        var number = _posted++;
        return $"{(number % 2 == 0 ? "keyed" : "plain")}-{connection}-{number}";
    }

    private async Task<bool> PostOneAsync(HttpClient client, string mark)
    {
        var key = mark.StartsWith("keyed", StringComparison.Ordinal) ? mark : null;
        try
        {
            using var answer = await client.PostAsync(
                "/api/v1/events", JsonContent.Create(new { type = "test.posted", source = $"test{connection}", key, payload = new { mark } }));
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Accepted.Add(mark);
            return true;
        }
        catch (HttpRequestException)
        {
            if (key is null)
            {
                Unanswered.Add(mark);
            }
            else
            {
                _again.Enqueue(mark);
            }

            return false;
        }
    }
}
