using System.Net;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

/// <summary>HEAD asks what GET would answer, and is told without the body.</summary>
public sealed class HeadTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _root = new();
    private StreamHost _host = null!;

    public async Task InitializeAsync() => _host = await StreamHost.StartAsync(_root);

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/api/v1/status")]
    [InlineData("/api/v1/events")]
    [InlineData("/api/v1/events?limit=many")]
    [InlineData("/api/v1/commands/nothing")]
    [InlineData("/nowhere")]
    public async Task It_is_answered_as_GET_is_without_the_body(string path)
    {
        using var got = await _host.Host.Client().GetAsync(path);

        using var asked = await _host.Host.Client().SendAsync(new HttpRequestMessage(HttpMethod.Head, path));

        Assert.Equal(got.StatusCode, asked.StatusCode);
        Assert.Equal(got.Content.Headers.ContentType, asked.Content.Headers.ContentType);
        Assert.NotEmpty(await got.Content.ReadAsByteArrayAsync());
        Assert.Empty(await asked.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Asked_about_a_stream_it_takes_no_place_among_its_clients_and_ends()
    {
        using var asked = await _host.Host.Client().SendAsync(new HttpRequestMessage(HttpMethod.Head, "/api/v1/events/stream"));

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (asked.StatusCode, asked.Content.Headers.ContentType!.MediaType));
        Assert.Equal(0, _host.Stream.Clients);
    }

    [Fact]
    public async Task What_only_acts_does_not_take_it()
    {
        using var asked = await _host.Host.Client().SendAsync(new HttpRequestMessage(HttpMethod.Head, "/api/v1/config/reload"));

        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (asked.StatusCode, asked.Content.Headers.Allow.Single()));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _root.Dispose();
}
