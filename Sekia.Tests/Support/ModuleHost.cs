using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Hosting;

namespace Sekia.Tests.Support;

/// <summary>The host with modules of a test's own, listening on real ports of the system's choice.</summary>
internal sealed class ModuleHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<HttpClient> _clients = [];

    private ModuleHost(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    /// <summary>The addresses listened on: the main one, then that for webhooks.</summary>
    public Uri[] Addresses => [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Where(a => !a.StartsWith("http://unix:", StringComparison.Ordinal)).Select(a => new Uri(a))];

    /// <summary>Builds a host and does not start it.</summary>
    public static WebApplication Build(TemporaryFolder root, IReadOnlyList<IModule> modules, params string[] settings) => SekiaServer.Build(
        [$"--contentRoot={root.Path}", "--Host:Listen=127.0.0.1:0", "--Host:Socket=", "--Logs:Console=false", .. settings.Select(setting => "--" + setting)], modules);

    public static async Task<ModuleHost> StartAsync(TemporaryFolder root, IReadOnlyList<IModule> modules, params string[] settings)
    {
        var app = Build(root, modules, settings);
        await app.StartAsync();
        return new ModuleHost(app);
    }

    /// <summary>A client of the main address, or of another one.</summary>
    public HttpClient Client(int address = 0)
    {
        var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = Addresses[address] };
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
