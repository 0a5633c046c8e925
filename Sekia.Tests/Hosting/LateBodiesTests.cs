using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sekia.Modules;
using Sekia.Modules.Hosting;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class LateBodiesTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder _root = new();

    [Fact]
    public async Task A_body_that_still_comes_when_the_host_stops_is_cut_off()
    {
        var module = new ReadingModule();
        await using var host = await ModuleHost.StartAsync(_root, [module]);
        using var limit = new CancellationTokenSource(s_limit);
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Addresses[0].Host, host.Addresses[0].Port, limit.Token);
        await socket.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"POST /read HTTP/1.1\r\nHost: {host.Addresses[0].Authority}\r\nContent-Length: 100\r\n\r\nx"), limit.Token);
        await module.Reading.Task.WaitAsync(s_limit);

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        module.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.IsAssignableFrom<OperationCanceledException>(await module.Ended.Task.WaitAsync(s_limit));
    }

    public void Dispose() => _root.Dispose();

    /// <summary>Reads a body, and notes how that ends.</summary>
    private sealed class ReadingModule : IModule
    {
        public string Name => "Reading";

        public TestClock Clock { get; } = new();

        public TaskCompletionSource Reading { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<Exception?> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void AddServices(IServiceCollection services, IConfigurationSection section) => services.AddSingleton<TimeProvider>(Clock);

        public void MapEndpoints(IEndpointRouteBuilder routes) => routes.MapPost("/read", async (HttpRequest request, CancellationToken cancellationToken) =>
        {
            var body = RequestBody.ReadAsync(request, 1000, cancellationToken);
            Reading.SetResult();
            try
            {
                await body;
                Ended.SetResult(null);
            }
            catch (Exception end)
            {
                Ended.SetResult(end);
                throw;
            }
        });
    }
}
