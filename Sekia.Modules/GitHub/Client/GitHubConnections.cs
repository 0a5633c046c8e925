using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Modules.GitHub.Client;

/// <summary>The connections that all GitHub accounts use. They hold no credentials: each request brings its own.</summary>
internal static class GitHubConnections
{
    /// <summary>GitHub gives up a request after ten seconds; longer than this it is the network that hangs.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>A page of a hundred pull requests has some two million bytes.</summary>
    public const int MaxResponseBytes = 32 << 20;

    public static void Add(IServiceCollection services) => services.AddHttpClient(GitHubClient.ClientName)
        .ConfigureHttpClient(client =>
        {
            client.Timeout = s_timeout;
            client.MaxResponseContentBufferSize = MaxResponseBytes;
        })
        .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            // The client follows them itself, and never to another host.
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ActivityHeadersPropagator = null,
        })

        // One line in the log for every request would bury the rest.
        .RemoveAllLoggers();
}
