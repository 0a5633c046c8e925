using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Cli;

/// <summary><c>sekia</c> without a command: the host, until it is told to stop.</summary>
internal static class Serving
{
    /// <returns>0 after an orderly stop; 1 when the host could not start, and <paramref name="error"/> says why.</returns>
    public static async Task<int> RunAsync(string[] settings, IReadOnlyList<IModule> modules, TextWriter error)
    {
        try
        {
            await using var app = SekiaServer.Build(settings, modules);
            if (!await StartAsync(app))
            {
                return 0;
            }

            app.Services.GetRequiredService<StartBanner>().Write();
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception failure) when (StartFailure.Explain(failure) is { } explanation)
        {
            await error.WriteLineAsync(explanation);
            return 1;
        }
    }

    /// <summary>What has started before the start failed is stopped in an orderly way.</summary>
    /// <returns>Whether it has started: it was not told to stop before.</returns>
    private static async Task<bool> StartAsync(WebApplication app)
    {
        var started = false;
        try
        {
            await app.StartAsync();
            started = true;
            return true;
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return false;
        }
        catch (SocketException fault) when (StartFailure.IsOfListening(fault))
        {
            throw new StartFailedException(
                $"Sekia cannot start: it cannot listen on {ListenRules.Addresses(app.Configuration)}: {fault.Message}. Set an address that this machine has, and a port that it may open.");
        }
        finally
        {
            if (!started)
            {
                await app.StopAsync();
            }
        }
    }
}
