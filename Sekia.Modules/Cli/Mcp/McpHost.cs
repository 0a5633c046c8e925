using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Sekia.Modules.Cli.Remote;

namespace Sekia.Modules.Cli.Mcp;

/// <summary>The <c>/mcp</c> of a running host, over HTTP: one session at a time.</summary>
internal sealed class McpHost : IDisposable
{
    private const string SessionHeader = "Mcp-Session-Id";

    private readonly HttpClient _http;
    private readonly HostPlace _place;

    public McpHost(HostPlace place, AuthenticationHeaderValue? login)
    {
        _place = place;

        // Calls last as long as they last, and the stream of notices lasts for ever.
        _http = new HttpClient(HostConnections.Create(place)) { BaseAddress = place.Address, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = login;
    }

    /// <summary>The session, once <c>initialize</c> has been answered.</summary>
    public string? Session { get; set; }

    /// <summary>The version that was agreed on.</summary>
    public string? Version { get; set; }

    /// <summary>The host as messages call it.</summary>
    public string Where => _place.ToString();

    /// <summary>Sends one message.</summary>
    /// <exception cref="BridgeFaultException">There is no host, or it refuses the message.</exception>
    public async Task<HttpResponseMessage> PostAsync(JsonObject message, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, message.Text("method") == "initialize" ? null : Session);
        request.Content = new StringContent(message.ToJsonString(CliJson.Plain), Encoding.UTF8, "application/json");
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Opens the stream of what the host says unasked.</summary>
    /// <inheritdoc cref="PostAsync"/>
    public async Task<HttpResponseMessage> ListenAsync(CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, Session);
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Ends the session.</summary>
    /// <inheritdoc cref="PostAsync"/>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Delete, Session);
        using var response = await SendAsync(request, cancellationToken);
    }

    /// <summary>The session that an answer to <c>initialize</c> begins.</summary>
    public static string? SessionIn(HttpResponseMessage response) => response.Headers.TryGetValues(SessionHeader, out var ids) ? ids.First() : null;

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(HttpMethod method, string? session)
    {
        var request = new HttpRequestMessage(method, "/mcp");
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (session is not null)
        {
            request.Headers.Add(SessionHeader, session);
            request.Headers.Add("MCP-Protocol-Version", Version);
        }

        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException fault)
        {
            throw new BridgeFaultException(_place.Nobody(fault));
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new BridgeFaultException($"Sekia {_place} refuses: {await SentenceAsync(response, cancellationToken)}") { Status = response.StatusCode };
        }
    }

    /// <summary>A refusal's own words: of a JSON-RPC error, or of a problem document.</summary>
    private static async Task<string> SentenceAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            var body = JsonNode.Parse(text) as JsonObject;
            return (body?["error"] as JsonObject)?.Text("message") ?? body?.Text("detail") ?? $"it answers {(int)response.StatusCode}";
        }
        catch (System.Text.Json.JsonException)
        {
            return $"it answers {(int)response.StatusCode}, which is not how Sekia speaks. Is it another program?";
        }
    }
}

/// <summary>The host is not there, or said no. The message is for the user.</summary>
internal sealed class BridgeFaultException(string message) : Exception(message)
{
    /// <summary>What it answered; <c>null</c> when it did not.</summary>
    public HttpStatusCode? Status { get; init; }
}
