using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Tests.Support;

/// <summary>
/// The outside world: a real HTTP server on 127.0.0.1 that answers as told and remembers what it was asked. A request that nobody
/// told it to expect is answered with 599 and fails the test when the server is disposed.
/// </summary>
internal sealed class RecordingServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, RequestDelegate> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();
    private readonly ConcurrentQueue<string> _unexpected = new();

    private RecordingServer(WebApplication app) => _app = app;

    /// <summary>Without a slash at the end.</summary>
    public string Address { get; private set; } = "";

    public int Port => new Uri(Address).Port;

    /// <summary>What was asked so far, in order of arrival.</summary>
    public IReadOnlyList<RecordedRequest> Requests => [.. _requests];

    public static async Task<RecordingServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.AddServerHeader = false;
        });
        var app = builder.Build();
        var server = new RecordingServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        return server;
    }

    /// <summary>From now on answers these requests so.</summary>
    /// <param name="request">Method and path, for example <c>GET /users</c>.</param>
    /// <param name="answer">Writes the answer.</param>
    public void On(string request, RequestDelegate answer) => _answers[request] = answer;

    /// <summary>From now on answers these requests with a status, headers and a body.</summary>
    public void On(string request, int status, string body = "", params (string Name, string Value)[] headers) => On(request, async context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers.Append(name, value);
        }

        if (body.Length > 0)
        {
            await context.Response.WriteAsync(body);
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Assert.Empty(_unexpected);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = await RecordedRequest.ReadAsync(context.Request);
        _requests.Enqueue(request);
        if (_answers.TryGetValue($"{request.Method} {context.Request.Path}", out var answer))
        {
            await answer(context);
            return;
        }

        _unexpected.Enqueue($"{request.Method} {request.PathAndQuery}");
        context.Response.StatusCode = 599;
    }
}

/// <summary>A request as it arrived.</summary>
internal sealed record RecordedRequest(string Method, string PathAndQuery, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public static async Task<RecordedRequest> ReadAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        return new RecordedRequest(request.Method, request.GetEncodedPathAndQuery(), headers, await reader.ReadToEndAsync(request.HttpContext.RequestAborted));
    }
}
