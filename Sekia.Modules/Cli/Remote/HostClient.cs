using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;

namespace Sekia.Modules.Cli.Remote;

/// <summary>Asks a running host over its HTTP API.</summary>
internal sealed class HostClient : IDisposable
{
    /// <summary>The environment variable with the token to show.</summary>
    public const string TokenVariable = "SEKIA_TOKEN";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly string _where;

    /// <param name="address">Of the host.</param>
    /// <param name="socket">The Unix socket it listens on, to go there instead; or <c>null</c>.</param>
    /// <param name="settings">For the login, where no token is given.</param>
    public HostClient(Uri address, string? socket, IConfiguration settings)
    {
        _where = socket ?? address.ToString().TrimEnd('/');
        _http = new HttpClient(HostConnections.Create(socket)) { BaseAddress = socket is null ? address : new Uri("http://localhost"), Timeout = s_patience };
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
    public Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, body: null, cancellationToken);

    /// <summary>Has something done, with a path under <c>/api/v1/</c>.</summary>
    /// <exception cref="HostFaultException">It does not answer, or refuses.</exception>
    public Task<JsonNode> PostAsync(string path, JsonNode? body, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, body, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri("api/v1/" + path, UriKind.Relative)) { Content = body is null ? null : JsonContent.Create(body) };
        try
        {
            using var answer = await _http.SendAsync(request, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            var json = JsonNode.Parse(text) ?? new JsonObject();
            return answer.IsSuccessStatusCode
                ? json
                : throw new HostFaultException((string?)(json["detail"] ?? json["title"]) ?? $"The host answers {(int)answer.StatusCode}.", HostFaultException.Refused);
        }
        catch (HttpRequestException fault)
        {
            throw new HostFaultException($"No Sekia answers at {_where}: {fault.Message}. Start one with `sekia`, or say where it is with --url or --socket.", HostFaultException.NoHost);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HostFaultException($"The Sekia at {_where} has not answered within {s_patience.TotalSeconds:0} s.", HostFaultException.NoHost);
        }
        catch (JsonException)
        {
            throw new HostFaultException($"What answers at {_where} is not Sekia. Say where it is with --url or --socket.", HostFaultException.NoHost);
        }
    }
}
