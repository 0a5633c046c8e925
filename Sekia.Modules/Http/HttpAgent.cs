using System.ComponentModel;
using System.Text.Json;
using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Http;

/// <summary>Sends HTTP requests for workflows. Needs no account; reaches public addresses and those the settings list.</summary>
internal sealed class HttpAgent(string name, LiveOptions<HttpOptions> options, TimeProvider clock) : IAgent, IDisposable
{
    private readonly Lock _gate = new();
    private GuardedConnections _connections = new(options.Current);

    public string Name => name;

    public IReadOnlyList<string> Capabilities => ["http-requests"];

    public IReadOnlyList<AgentCommand> Commands =>
        field ??= [AgentCommand.Create(RequestAsync, "request", CommandTraits.None, RequestTraits.Of)];

    public void Dispose() => _connections.Dispose();

    [Description("Sends an HTTP request and answers its status, headers and body. Any status from 200 to 499 but 429 is an answer.")]
    private async Task<HttpAnswer> RequestAsync(
        [Description("GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE.")] string method,
        [Description("Absolute http or https address of a public host, or of one listed in the agent's AllowedAddresses.")] string url,
        [Description("Headers by name. With an Idempotency-Key, a POST or PATCH may be sent again after a failure.")] Dictionary<string, string?>? headers = null,
        [Description("Body: any JSON value, sent as application/json. Not together with text.")] JsonElement? json = null,
        [Description("Body: text, sent as UTF-8 and as text/plain unless a Content-Type header says otherwise. Not together with json.")] string? text = null,
        CancellationToken cancellationToken = default)
    {
        var request = RequestArguments.Check(method, url, headers, json, text);
        var connections = CurrentConnections();
        var mostRedirects = connections.Settings.MaxRedirects;
        for (var redirects = 0; ; redirects++)
        {
            using var response = await SendAsync(connections, request, cancellationToken);
            if (mostRedirects == 0 || Redirect.Next(request, response) is not { } next)
            {
                return await AnswerAsync(request, response, connections.Settings.MaxResponseBytes, cancellationToken);
            }

            if (redirects == mostRedirects)
            {
                throw new CommandFailedException($"{request.Words} answered with yet another redirect; at most {mostRedirects} are followed. Ask the final address itself, or raise {nameof(HttpOptions.MaxRedirects)}.");
            }

            request = next;
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(GuardedConnections connections, OutgoingRequest request, CancellationToken cancellationToken)
    {
        using var message = request.ToMessage();
        try
        {
            return await connections.SendAsync(message, cancellationToken);
        }
        catch (AddressRefusedException refused)
        {
            throw new CommandFailedException($"{request.Words} was not sent: {refused.Message}.");
        }
        catch (HttpRequestException fault) when (request.AlreadyDone is { } done)
        {
            throw new CommandFailedException($"{done}; but its answer could not be fetched: {fault.Message}");
        }
    }

    private async Task<HttpAnswer> AnswerAsync(OutgoingRequest request, HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        if (PassingFault.Of(response, request, clock) is { } fault)
        {
            throw fault;
        }

        var what = $"{request.Words} answered {(int)response.StatusCode}, but its body";
        try
        {
            return HttpAnswer.Of(response, await CappedBody.ReadAsync(response.Content, limit, cancellationToken));
        }
        catch (InvalidDataException)
        {
            throw new CommandFailedException($"{what} is not compressed in the way its Content-Encoding says.");
        }
        catch (IOException broken) when (request.MayRepeat)
        {
            throw new HttpRequestException(HttpRequestError.ResponseEnded, $"{what} broke off: {broken.Message}", broken);
        }
        catch (IOException broken)
        {
            throw new CommandFailedException($"{what} broke off: {broken.Message} It was carried out, so it is not sent again by itself.");
        }
    }

    /// <summary>The connections made under the settings as they are now.</summary>
    /// <remarks>
    /// Those made under earlier ones are let go of rather than disposed: commands may be under way on them, and idle ones close
    /// by themselves.
    /// </remarks>
    private GuardedConnections CurrentConnections()
    {
        var settings = options.Current;
        lock (_gate)
        {
            if (_connections.Settings != settings)
            {
                _connections = new GuardedConnections(settings);
            }

            return _connections;
        }
    }
}
