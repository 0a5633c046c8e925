using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Cli.Remote;

/// <summary>Asks a running host over its HTTP API.</summary>
internal sealed class HostClient : IDisposable
{
    /// <summary>The environment variable with the token to show.</summary>
    public const string TokenVariable = "SEKIA_TOKEN";

    private readonly HttpClient _http;
    private readonly HostPlace _place;
    private readonly TimeSpan _patience;

    /// <param name="place">Where the host is.</param>
    /// <param name="settings">For the login, where no token is given.</param>
    /// <param name="patience">How long an answer is waited for; half a minute if nothing is said.</param>
    public HostClient(HostPlace place, IConfiguration settings, TimeSpan? patience = null)
    {
        _place = place;
        _patience = patience ?? TimeSpan.FromSeconds(30);

        // The limit is set for each request: a stream has no end.
        _http = new HttpClient(HostConnections.Create(place)) { BaseAddress = place.Address, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = LoginIn(settings);
    }

    /// <summary>What to show a host: the token, else the login of the settings; <c>null</c> when there is neither.</summary>
    public static AuthenticationHeaderValue? LoginIn(IConfiguration settings) => settings[TokenVariable] is { Length: > 0 } token
        ? new AuthenticationHeaderValue("Bearer", token)
        : settings["Dashboard:Username"] is { Length: > 0 } user
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{settings["Dashboard:Password"]}")))
            : null;

    /// <summary>Asks, with a path under <c>/api/v1/</c>.</summary>
    /// <exception cref="HostFaultException">It does not answer, or refuses.</exception>
    public Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) => AskAsync(HttpMethod.Get, path, body: null, _patience, cancellationToken);

    /// <summary>Has something done, with a path under <c>/api/v1/</c>.</summary>
    /// <exception cref="HostFaultException">It does not answer, or refuses.</exception>
    public Task<JsonNode> PostAsync(string path, JsonNode? body, CancellationToken cancellationToken) => AskAsync(HttpMethod.Post, path, body, _patience, cancellationToken);

    /// <summary>Has something done that may take long.</summary>
    /// <param name="path">Under <c>/api/v1/</c>.</param>
    /// <param name="progress">Where to say, now and then, that it still waits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HostFaultException">The host does not answer, or refuses.</exception>
    public async Task<JsonNode> PostSlowAsync(string path, TextWriter progress, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        var answer = AskAsync(HttpMethod.Post, path, body: null, Timeout.InfiniteTimeSpan, cancellationToken);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5));
        while (await Task.WhenAny(answer, timer.WaitForNextTickAsync(CancellationToken.None).AsTask()) != answer)
        {
            await progress.WriteLineAsync($"The host has been at it for {Stopwatch.GetElapsedTime(since).TotalSeconds:0} s …");
        }

        return await answer;
    }

    /// <summary>Opens the stream of events.</summary>
    /// <param name="path">Under <c>/api/v1/</c>.</param>
    /// <param name="after">The number of the last event that is known.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HostFaultException">It does not answer, or refuses.</exception>
    public Task<HttpResponseMessage> OpenStreamAsync(string path, long after, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, PathTo(path)) { Headers = { { "Last-Event-ID", $"{after}" } } };
        return WithSentencesAsync(request, _patience, async stop =>
        {
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            if (answer.IsSuccessStatusCode && answer.Content.Headers.ContentType?.MediaType == "text/event-stream")
            {
                return answer;
            }

            using (answer)
            {
                _ = await ReadAsync(answer, stop);
                throw NotSekia();
            }
        }, cancellationToken);
    }

    /// <summary>What answers does not speak as Sekia does.</summary>
    public HostFaultException NotSekia() => new($"What answers {_place} is not Sekia. Say where it is with --url or --socket.", HostFaultException.NoHost);

    /// <summary>After an answer that was not understood: looks who gave it.</summary>
    /// <exception cref="HostFaultException">It is not Sekia, or one of another version; a Sekia of this version is to be understood.</exception>
    public async Task DemandOwnVersionAsync(CancellationToken cancellationToken)
    {
        JsonNode status;
        try
        {
            status = JsonNode.Parse((await GetAsync("status", cancellationToken)).ToJsonString(), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })!;
        }
        catch (JsonException)
        {
            throw NotSekia();
        }

        if (status["agent_count"] is null || status["version"] is not JsonValue told || !told.TryGetValue<string>(out var version))
        {
            throw NotSekia();
        }

        if (version != HostVersion.Text)
        {
            throw new HostFaultException(
                $"The Sekia {_place} has version {version}, this program has {HostVersion.Text}, and they do not understand each other here. Use the program that the host was started with.",
                HostFaultException.Refused);
        }
    }

    public void Dispose() => _http.Dispose();

    private Task<JsonNode> AskAsync(HttpMethod method, string path, JsonNode? body, TimeSpan patience, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, PathTo(path)) { Content = body is null ? null : JsonContent.Create(body) };
        return WithSentencesAsync(request, patience, async stop =>
        {
            using var answer = await _http.SendAsync(request, stop);
            return await ReadAsync(answer, stop);
        }, cancellationToken);
    }

    /// <exception cref="HostFaultException">It is a refusal, or of no host of ours.</exception>
    private async Task<JsonNode> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken), documentOptions: CliJson.Answers) is not JsonObject json)
        {
            throw NotSekia();
        }

        return answer.IsSuccessStatusCode
            ? json
            : throw new HostFaultException(CliTable.Cell(json["detail"] ?? json["title"]) is { Length: > 1 } sentence ? sentence : $"The host answers {(int)answer.StatusCode}.", HostFaultException.Refused)
            {
                Passes = answer.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError,
            };
    }

    /// <summary>Says in a sentence what went wrong on the way.</summary>
    private async Task<T> WithSentencesAsync<T>(HttpRequestMessage request, TimeSpan patience, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            using (request)
            {
                return await ask(limit.Token);
            }
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse || fault.InnerException is IOException)
        {
            throw new HostFaultException($"What answers {_place} broke off in the middle. Is it Sekia, and does it still run?", HostFaultException.NoHost);
        }
        catch (HttpRequestException fault)
        {
            throw new HostFaultException(_place.Nobody(fault), HostFaultException.NoHost);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HostFaultException($"The Sekia {_place} has not answered within {patience.TotalSeconds:0.#} s.", HostFaultException.NoHost);
        }
        catch (JsonException)
        {
            throw NotSekia();
        }
    }

    private static Uri PathTo(string path) => new("api/v1/" + path, UriKind.Relative);
}
