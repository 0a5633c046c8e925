using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.GitHub.Client;

/// <summary>
/// GitHub's HTTP: addresses, headers, the token, redirects, and what each answer means. Knows nothing of commands or events.
/// </summary>
/// <remarks>
/// The token is read from the settings for each request and goes to <see cref="GitHubOptions.BaseUrl"/> and nowhere else. It never
/// stands in a message. What is thrown is what <see cref="IAgent"/> may throw.
/// </remarks>
/// <param name="connections">Makes clients by the name <see cref="ClientName"/>.</param>
/// <param name="options">The settings of one account.</param>
/// <param name="tokenSetting">The setting that holds the token, to name it in a message.</param>
/// <param name="clock">For pauses until a point in time.</param>
internal sealed class GitHubClient(IHttpClientFactory connections, LiveOptions<GitHubOptions> options, string tokenSetting, TimeProvider clock)
{
    public const string ClientName = "github";

    /// <summary>Where a renamed or transferred repository lives now takes one redirect, perhaps two.</summary>
    private const int MaxRedirects = 3;

    private static readonly ProductInfoHeaderValue s_userAgent = new("sekia", HostVersion.Text);

    private volatile GitHubRateLimit? _rateLimit;

    /// <summary>
    /// What GitHub said last about how much may still be asked; <c>null</c> before the first answer. Search and GraphQL are counted apart,
    /// and do not stand here.
    /// </summary>
    public GitHubRateLimit? RateLimit => _rateLimit;

    /// <summary>The address of one request, relative to the API's root, made absolute.</summary>
    public Uri AddressOf(string path) => new(Root, path);

    /// <summary>Where GraphQL is: beside the REST API on GitHub Enterprise, below it elsewhere.</summary>
    public Uri GraphQLAddress => Root.AbsolutePath.EndsWith("/api/v3/", StringComparison.Ordinal) ? new Uri(Root, "../graphql") : new Uri(Root, "graphql");

    /// <summary>Sends a request without a body and reads its answer.</summary>
    public async Task<T> SendAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
        where T : class => Read(await ExchangeAsync(method, AddressOf(path), null, cancellationToken), answer);

    /// <summary>Sends a request with a body and reads its answer.</summary>
    public async Task<T> SendAsync<TBody, T>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
        where T : class => Read(await ExchangeAsync(method, AddressOf(path), JsonSerializer.SerializeToUtf8Bytes(body, bodyType), cancellationToken), answer);

    /// <summary>Sends a request without a body whose answer does not matter.</summary>
    public Task SendAsync(HttpMethod method, string path, CancellationToken cancellationToken) => ExchangeAsync(method, AddressOf(path), null, cancellationToken);

    /// <summary>Sends a request whose answer does not matter.</summary>
    public Task SendAsync<TBody>(HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, CancellationToken cancellationToken) =>
        ExchangeAsync(method, AddressOf(path), JsonSerializer.SerializeToUtf8Bytes(body, bodyType), cancellationToken);

    /// <summary>Reads JSON as it is.</summary>
    /// <param name="path">Relative to the API's root.</param>
    /// <param name="tag">Of an earlier answer: if nothing has changed since, the answer says so and does not count.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<GitHubPage> ListAsync(string path, string? tag, CancellationToken cancellationToken)
    {
        var address = AddressOf(path);
        var exchange = await ExchangeAsync(HttpMethod.Get, address, null, cancellationToken, tag);
        return new GitHubPage(
            exchange.Status,
            exchange.Status == HttpStatusCode.NotModified ? JsonDocument.Parse("null") : Parse(exchange),
            exchange.Headers.ETag?.ToString(),
            exchange.Headers.Date,
            address,
            exchange.Link);
    }

    /// <summary>Reads a list page by page, up to a number of pages.</summary>
    /// <exception cref="CommandFailedException">There are more pages: whoever looks for something must not take a part for the whole.</exception>
    public async IAsyncEnumerable<T> PagesAsync<T>(
        string path, int mostPages, JsonTypeInfo<T> page, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        var next = AddressOf(path);
        for (var pages = 1; next is not null; pages++)
        {
            if (pages > mostPages)
            {
                throw new CommandFailedException($"GitHub has more than {mostPages} pages at {AddressOf(path).AbsolutePath}; so many are not looked through.");
            }

            var answer = await ExchangeAsync(HttpMethod.Get, next, null, cancellationToken);
            yield return Read(answer, page);
            next = GitHubLink.Next(answer.Link, next);
        }
    }

    /// <summary>Sends one GraphQL operation and gives its answer, errors included: what they mean, the caller knows.</summary>
    /// <returns>The answer, and how long to wait in case it is "not now".</returns>
    public async Task<(GraphQLAnswer Answer, TimeSpan Pause)> QueryAsync(GraphQLRequest request, CancellationToken cancellationToken)
    {
        var exchange = await ExchangeAsync(HttpMethod.Post, GraphQLAddress, JsonSerializer.SerializeToUtf8Bytes(request, GitHubJson.Default.GraphQLRequest), cancellationToken);
        return (Read(exchange, GitHubJson.Default.GraphQLAnswer), GitHubFault.UntilReset(exchange.Headers, clock));
    }

    private Uri Root => new(options.Current.BaseUrl.AbsoluteUri.TrimEnd('/') + "/");

    private async Task<Exchange> ExchangeAsync(HttpMethod method, Uri address, byte[]? body, CancellationToken cancellationToken, string? tag = null)
    {
        var words = $"{method} {address.AbsolutePath}";
        for (var redirects = 0; ; redirects++)
        {
            using var response = await SendAsync(method, address, body, words, tag, cancellationToken);
            _rateLimit = GitHubRateLimit.Of(response.Headers) is { Resource: GitHubRateLimit.Core } limit ? limit : _rateLimit;
            var text = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (response.IsSuccessStatusCode || (tag is not null && response.StatusCode == HttpStatusCode.NotModified))
            {
                return new Exchange(words, response.StatusCode, response.Headers, text);
            }

            if (redirects == MaxRedirects || GitHubLink.Redirect(response, address) is not { } moved)
            {
                throw GitHubFault.Of(response, text, words, tokenSetting, clock);
            }

            address = moved;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, byte[]? body, string words, string? tag, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Current.Token?.Trim());
        request.Headers.UserAgent.Add(s_userAgent);
        request.Headers.Accept.ParseAdd("application/vnd.github+json");
        request.Headers.Add("X-GitHub-Api-Version", "2022-11-28");
        if (tag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var client = connections.CreateClient(ClientName);
        try
        {
            return await client.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException tooLong) when (tooLong.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded && method == HttpMethod.Get)
        {
            // It would be as long the next time.
            throw new CommandFailedException($"GitHub's answer to {words} is longer than {client.MaxResponseContentBufferSize} bytes.");
        }
    }

    private static T Read<T>(Exchange exchange, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(exchange.Body, type) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            throw NotGitHubs(exchange);
        }
    }

    private static JsonDocument Parse(Exchange exchange)
    {
        try
        {
            return JsonDocument.Parse(exchange.Body);
        }
        catch (JsonException)
        {
            throw NotGitHubs(exchange);
        }
    }

    /// <summary>Something between us and GitHub answered, or broke the answer: it may pass, and the request may have been carried out.</summary>
    private static HttpRequestException NotGitHubs(Exchange exchange) => new(
        HttpRequestError.InvalidResponse,
        $"The answer to {exchange.Words} ({(int)exchange.Status}) is not the JSON that GitHub sends. Look whether BaseUrl is right, and whether a proxy answers in GitHub's place.");

    private sealed record Exchange(string Words, HttpStatusCode Status, HttpResponseHeaders Headers, byte[] Body)
    {
        public string? Link => Headers.TryGetValues("Link", out var values) ? string.Join(", ", values) : null;
    }
}
