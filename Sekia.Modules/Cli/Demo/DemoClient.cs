using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Cli.Demo;

/// <summary>Talks to a host as GitHub does, and asks it what became of that.</summary>
internal sealed class DemoClient : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;
    private readonly string? _secret;

    /// <param name="address">Of the host.</param>
    /// <param name="settings">Its settings, for the login and for the secret that deliveries are signed with.</param>
    public DemoClient(Uri address, IConfiguration settings)
    {
        _http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address, Timeout = s_patience };
        _secret = settings["GitHub:WebhookSecret"];
        if (settings["Dashboard:Username"] is { Length: > 0 } user)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{settings["Dashboard:Password"]}")));
        }
    }

    /// <summary>The agents whose commands would really be sent; <c>null</c> when no Sekia answers there.</summary>
    /// <exception cref="HttpRequestException">The host refuses to say.</exception>
    public async Task<IReadOnlySet<string>?> LiveAgentsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync("api/v1/agents", cancellationToken) is JsonObject answer && answer["agents"] is JsonArray agents
                ? agents.Where(agent => agent!["commands"]!.AsArray().Count > 0 && !(bool)agent["dry_run"]!).Select(agent => (string)agent!["name"]!).ToHashSet(StringComparer.Ordinal)
                : null;
        }
        catch (HttpRequestException fault) when (fault.StatusCode is null or HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (OperationCanceledException tooLong) when (tooLong.InnerException is TimeoutException)
        {
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The workflows of the host, each with the version of its file.</summary>
    public async Task<IReadOnlySet<string>> WorkflowsAsync(CancellationToken cancellationToken) =>
        (await GetAsync("api/v1/workflows", cancellationToken))["workflows"]!.AsArray().Select(workflow => $"{workflow!["name"]} {workflow["version"]}").ToHashSet(StringComparer.Ordinal);

    /// <summary>Sends a delivery.</summary>
    /// <returns>The status, and the answer's body.</returns>
    public async Task<(int Status, JsonNode? Body)> DeliverAsync(DemoDelivery delivery, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(delivery.Body);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("webhooks/github", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("X-GitHub-Event", delivery.Event);
        request.Headers.Add("X-GitHub-Delivery", Guid.CreateVersion7().ToString());
        if (!string.IsNullOrEmpty(_secret))
        {
            request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(_secret), body)));
        }

        using var answer = await _http.SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return ((int)answer.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text, documentOptions: CliJson.Answers) : null);
    }

    /// <summary>What became of an event, once nothing of it is on its way any more; as far as it has come, if that takes too long.</summary>
    public async Task<JsonNode> FollowAsync(string id, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var why = await GetAsync(string.Create(CultureInfo.InvariantCulture, $"api/v1/events/{id}/why"), cancellationToken);
            if (DemoPath.IsOver(why) || patience.IsCancellationRequested)
            {
                return why;
            }

            await tick.WaitForNextTickAsync(cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) =>
        (await _http.GetFromJsonAsync<JsonNode>(new Uri(path, UriKind.Relative), cancellationToken))!;
}
