using System.Net;
using System.Net.Http.Json;

namespace Sekia.Tests.Host;

/// <summary>
/// One connection's commands for the http agent, of every kind in turn. Each has a key, so that one without an answer can be sent
/// until it has one.
/// </summary>
internal sealed class CommandPoster(int connection, string server)
{
    private static readonly string[] s_kinds = ["get", "put", "keyed", "plain", "plain"];

    private readonly Queue<string> _again = new();
    private int _sent;

    /// <summary>The marks of commands that got a 2xx.</summary>
    public List<string> Accepted { get; } = [];

    /// <summary>Whether a command may reach the server more than once.</summary>
    public static bool MayRepeat(string mark) => !mark.StartsWith("plain", StringComparison.Ordinal);

    /// <summary>Sends until the process is gone.</summary>
    public async Task SendAsync(HttpClient client, Action answered, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (!await SendOneAsync(client, _again.Count > 0 ? _again.Dequeue() : Next()))
            {
                return;
            }

            answered();
        }
    }

    /// <summary>Sends what still has no answer.</summary>
    public async Task SettleAsync(HttpClient client)
    {
        while (_again.Count > 0)
        {
            Assert.True(await SendOneAsync(client, _again.Dequeue()));
        }
    }

    private string Next()
    {
        var number = _sent++;
        return $"{s_kinds[number % s_kinds.Length]}-{connection}-{number}";
    }

    private async Task<bool> SendOneAsync(HttpClient client, string mark)
    {
        try
        {
            using var answer = await client.PostAsync(
                "/api/v1/commands", JsonContent.Create(new { agent = "http-agent", command = "request", source = "test", key = mark, payload = Payload(mark) }));
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Accepted.Add(mark);
            return true;
        }
        catch (HttpRequestException)
        {
            _again.Enqueue(mark);
            return false;
        }
    }

    private object Payload(string mark) => mark.Split('-')[0] switch
    {
        "get" => new { method = "GET", url = $"{server}/get?mark={mark}" },
        "put" => new { method = "PUT", url = $"{server}/put?mark={mark}", text = mark },
        "keyed" => new { method = "POST", url = $"{server}/keyed?mark={mark}", text = mark, headers = new Dictionary<string, string> { ["Idempotency-Key"] = mark } },
        _ => new { method = "POST", url = $"{server}/plain?mark={mark}", text = mark },
    };
}
