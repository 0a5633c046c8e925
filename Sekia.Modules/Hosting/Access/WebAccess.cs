using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Sekia.Modules.Hosting.Access;

/// <summary>The web server and everything a request passes before it reaches a route.</summary>
internal static class WebAccess
{
    /// <summary>Above the largest limit that any route has for a body: those answer with their name.</summary>
    private const int MaxBodyBytes = 32 << 20;

    /// <summary>Far more than senders need; beyond it a connection is closed at once.</summary>
    private const int MaxConnections = 4096;

    private static readonly TimeSpan s_headersLimit = TimeSpan.FromSeconds(10);

    public static void AddWebAccess(this WebApplicationBuilder builder, ServerOptions options)
    {
        var main = ListenAddress.Parse(options.Listen).Address!;
        var webhooks = builder.Configuration[ListenRules.WebhooksKey] is { Length: > 0 } text ? ListenAddress.Parse(text).Address : null;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, main, webhooks));
        if (SocketPath.Of(builder.Configuration, builder.Environment.ContentRootPath) is { } socket && !OperatingSystem.IsWindows())
        {
            ListenOn(socket, builder);
        }

        builder.Services.AddRoutingCore();
        builder.Services.AddProblemDetails().AddExceptionHandler<ProblemAnswers>();
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddSingleton(main).AddSingleton<HostCheck>().AddSingleton<BasicLogin>().AddSingleton<AccessGuard>()
            .AddSingleton<CallerCheck>().AddSingleton<GuessBrake>()
            .AddSingleton(TokenFile.Of(builder.Configuration, builder.Environment.ContentRootPath)).AddSingleton<LateBodies>();
    }

    public static void UseWebAccess(this WebApplication app)
    {
        var guard = app.Services.GetRequiredService<AccessGuard>();
        app.Use(SecurityHeaders.AddAsync);
        app.UseExceptionHandler();
        app.UseStatusCodePages(EmptyAnswers.FillAsync);
        app.Use(guard.InvokeAsync);
    }

    [UnsupportedOSPlatform("windows")]
    private static void ListenOn(string socket, WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, OwnSocket.Mark));
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = at =>
            at is UnixDomainSocketEndPoint ? UnixSocket.Listen(socket) : SocketTransportOptions.CreateDefaultBoundListenSocket(at));
    }

    private static void Configure(KestrelServerOptions kestrel, ListenAddress main, ListenAddress? webhooks)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = s_headersLimit;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        Listen(kestrel, main, _ => { });
        if (webhooks is not null)
        {
            Listen(kestrel, webhooks, WebhooksOnly.Mark);
        }
    }

    private static void Listen(KestrelServerOptions kestrel, ListenAddress address, Action<ListenOptions> configure)
    {
        if (address.Interface is not { } ip)
        {
            kestrel.ListenAnyIP(address.Port, configure);
        }
        else if (address.Host == "localhost" && address.Port != 0)
        {
            kestrel.ListenLocalhost(address.Port, configure);
        }
        else
        {
            kestrel.Listen(ip, address.Port, configure);
        }
    }
}
