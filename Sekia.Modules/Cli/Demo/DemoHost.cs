using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Cli.Demo;

/// <summary>A host for the length of a demo: with the workflows that are there, a journal that is thrown away, and nothing that is really sent.</summary>
internal sealed class DemoHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryInfo _folder;

    private DemoHost(WebApplication app, DirectoryInfo folder) => (_app, _folder) = (app, folder);

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<DemoHost> StartAsync(string[] settings, IReadOnlyList<IModule> modules, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("sekia-demo-");
        var app = SekiaServer.Build(
            [
                .. settings,
                "--Host:Listen=127.0.0.1:0",
                "--Host:Socket=",
                "--Webhooks:Listen=",
                $"--Journal:Path={Path.Combine(folder.FullName, "sekia.db")}",
                "--Agents:DryRun=true",
                "--GitHub:Token=",
                "--Workflows:HotReload=false",
                $"--Logs:Path={Path.Combine(folder.FullName, "sekia-.log")}",
                "--Logs:Console=false",
            ],
            modules);
        var host = new DemoHost(app, folder);
        try
        {
            await app.StartAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
