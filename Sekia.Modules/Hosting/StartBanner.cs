using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Hosting.Access;

namespace Sekia.Modules.Hosting;

/// <summary>Tells an operator at a glance what has just been started.</summary>
internal sealed partial class StartBanner(
    ModuleSelection modules, ListenAddress configured, IEnumerable<IBannerSource> sources, IServer server, IHostEnvironment host, ILogger<StartBanner> logger)
{
    /// <summary>How the web server writes the address of a Unix socket.</summary>
    private const string SocketScheme = "http://unix:";

    /// <summary>Writes it to the log. The addresses are known once the server listens.</summary>
    public void Write()
    {
        var banner = string.Join(Environment.NewLine, Lines());
        LogBanner(banner);
    }

    private IEnumerable<string> Lines()
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses.ToArray() ?? [];
        var sockets = addresses.Where(address => address.StartsWith(SocketScheme, StringComparison.Ordinal)).ToArray();
        addresses = [.. addresses.Except(sockets)];
        yield return $"Sekia {HostVersion.Text} is running";
        yield return $"  listens on  {string.Join(", ", addresses.DefaultIfEmpty(configured.ToString()))}";
        foreach (var socket in sockets)
        {
            yield return $"  and on      {socket[SocketScheme.Length..]}";
        }

        yield return $"  works in    {host.ContentRootPath}";
        yield return $"  on          {Names(modules.Enabled)}";
        if (modules.Disabled.Count > 0)
        {
            yield return $"  off         {Names(modules.Disabled)}";
        }

        foreach (var line in sources.SelectMany(source => source.BannerLines()))
        {
            yield return $"  {line}";
        }

        var port = addresses.Select(address => new Uri(address.Replace("[::]", "127.0.0.1", StringComparison.Ordinal)).Port).FirstOrDefault(configured.Port);
        yield return "  try         sekia demo (from the sources: dotnet run --project Sekia.Host -- demo)";
        yield return $"              curl http://127.0.0.1:{port}/readyz";
    }

    private static string Names(IEnumerable<IModule> modules) => string.Join(", ", modules.Select(module => module.Name));

    [LoggerMessage(Level = LogLevel.Information, Message = "{Banner}")]
    private partial void LogBanner(string banner);
}
