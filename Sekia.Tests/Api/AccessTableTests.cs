using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sekia.Modules.Dashboard.Requests;
using Sekia.Modules.Hosting.Access;
using Sekia.Tests.Support;

namespace Sekia.Tests.Api;

/// <summary>Who may do what: every route, with every kind of caller, from everywhere.</summary>
public sealed class AccessTableTests
{
    private const string Loopback = "127.0.0.1";
    private const string Other = "192.0.2.1";

    private static readonly string s_csrf = new('a', 64);

    /// <summary>What a route needs, besides being asked from this machine.</summary>
    private static readonly Dictionary<string, Needs> s_routes = new(StringComparer.Ordinal)
    {
        ["GET /healthz"] = Needs.Nothing,
        ["GET /readyz"] = Needs.Nothing,
        ["POST /webhook"] = Needs.Nothing,
        ["POST /webhooks/github"] = Needs.Nothing,
        ["POST /webhooks/github/{instance}"] = Needs.Nothing,
        ["* /webhook"] = Needs.Nothing,
        ["* /webhooks/github"] = Needs.Nothing,
        ["* /webhooks/github/{instance}"] = Needs.Nothing,
        ["* /webhooks/{name}"] = Needs.Nothing,
        ["POST /webhooks/{name}"] = Needs.Nothing,
        ["GET /api/v1/agents"] = Needs.Read,
        ["GET /api/v1/commands"] = Needs.Read,
        ["GET /api/v1/commands/{id}"] = Needs.Read,
        ["GET /api/v1/config"] = Needs.Read,
        ["GET /api/v1/events"] = Needs.Read,
        ["GET /api/v1/events/stream"] = Needs.Read,
        ["GET /api/v1/events/{id}/why"] = Needs.Read,
        ["GET /api/v1/failures"] = Needs.Read,
        ["GET /api/v1/openapi.json"] = Needs.Read,
        ["GET /api/v1/runs"] = Needs.Read,
        ["GET /api/v1/skills"] = Needs.Read,
        ["GET /api/v1/status"] = Needs.Read,
        ["GET /api/v1/workflows"] = Needs.Read,
        ["GET /api/v1/workflows/{name}"] = Needs.Read,
        ["GET /"] = Needs.Read,
        ["GET /web"] = Needs.Read,
        ["GET /web/events"] = Needs.Read,
        ["GET /web/events/{id}"] = Needs.Read,
        ["GET /web/events/stream"] = Needs.Read,
        ["GET /web/partials/agents"] = Needs.Read,
        ["GET /web/partials/status"] = Needs.Read,
        ["GET /web/partials/workflows"] = Needs.Read,
        ["GET /web/static/{name}"] = Needs.Read,
        ["GET /web/{**path}"] = Needs.Read,
        ["GET /web/commands"] = Needs.Read,
        ["GET /web/commands/{id}"] = Needs.Read,
        ["GET /web/failures"] = Needs.Read,
        ["GET /web/settings"] = Needs.Read,
        ["POST /web/commands/decide"] = Needs.Operate,
        ["POST /web/failures/decide"] = Needs.Operate,
        ["POST /web/settings/reload"] = Needs.Operate,
        ["GET /web/agents"] = Needs.Read,
        ["GET /web/agents/{name}"] = Needs.Read,
        ["GET /web/agents/{name}/commands/{command}"] = Needs.Read,
        ["GET /web/workflows"] = Needs.Read,
        ["GET /web/workflows/{name}"] = Needs.Read,
        ["POST /web/agents/{name}/commands/{command}"] = Needs.Operate,
        ["POST /web/agents/{name}/dry-run"] = Needs.Operate,
        ["POST /web/workflows/reload"] = Needs.Operate,
        ["POST /web/workflows/{name}/disable"] = Needs.Operate,
        ["POST /web/workflows/{name}/dismiss"] = Needs.Operate,
        ["POST /web/workflows/{name}/enable"] = Needs.Operate,
        ["POST /web/workflows/{name}/retry"] = Needs.Operate,

        // Which of its tools act, MCP tells apart itself.
        ["DELETE /mcp"] = Needs.Read,
        ["GET /mcp"] = Needs.Read,
        ["POST /mcp"] = Needs.Read,
        ["POST /api/v1/commands"] = Needs.Operate,
        ["POST /api/v1/commands/{id}/dismiss"] = Needs.Operate,
        ["POST /api/v1/commands/{id}/retry"] = Needs.Operate,
        ["POST /api/v1/config/reload"] = Needs.Operate,
        ["POST /api/v1/events"] = Needs.Operate,
        ["POST /api/v1/events/{id}/replay"] = Needs.Operate,
        ["POST /api/v1/failures/dismiss"] = Needs.Operate,
        ["POST /api/v1/failures/retry"] = Needs.Operate,
        ["POST /api/v1/failures/{id:long}/dismiss"] = Needs.Operate,
        ["POST /api/v1/failures/{id:long}/retry"] = Needs.Operate,
        ["POST /api/v1/workflows/reload"] = Needs.Operate,
        ["POST /web/events/{id}/publish"] = Needs.Operate,
        ["POST /web/events/{id}/replay"] = Needs.Operate,
        ["POST /api/v1/workflows/{name}/disable"] = Needs.Operate,
        ["POST /api/v1/workflows/{name}/enable"] = Needs.Operate,
        ["POST /api/v1/agents/{name}/dry-run"] = Needs.Operate,
    };

    private enum Needs
    {
        Nothing,
        Read,
        Operate,
    }

    [Fact]
    public async Task Every_route_is_in_the_table()
    {
        await using var host = new SekiaHost();

        Assert.Equal(s_routes.Keys.Concat(Heads()).Order(StringComparer.Ordinal), RoutesOf(host).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_route_lets_in_whom_it_should_and_nobody_else()
    {
        await using var host = new SekiaHost();
        var tokens = new TokenFile(host.Root.File("data/tokens.json"));
        var read = tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch);
        var operate = tokens.Create("operator", AccessRole.Operate, DateTimeOffset.UnixEpoch);

        foreach (var (route, needs) in s_routes.Concat(Heads().Select(route => KeyValuePair.Create(route, s_routes["GET" + route["HEAD".Length..]]))))
        {
            Assert.Equal((route, "none, here", 0), (route, "none, here", await RefusalAsync(host, route, null, Loopback)));
            Assert.Equal((route, "none, elsewhere", needs == Needs.Nothing ? 0 : 401), (route, "none, elsewhere", await RefusalAsync(host, route, null, Other)));
            foreach (var from in new[] { Loopback, Other })
            {
                Assert.Equal((route, "read", from, needs == Needs.Operate ? 403 : 0), (route, "read", from, await RefusalAsync(host, route, read, from)));
                Assert.Equal((route, "operate", from, 0), (route, "operate", from, await RefusalAsync(host, route, operate, from)));
            }
        }
    }

    /// <summary>What can be got, one can also ask about.</summary>
    private static IEnumerable<string> Heads() => s_routes.Keys.Where(route => route.StartsWith("GET ", StringComparison.Ordinal)).Select(route => "HEAD" + route["GET".Length..]);

    private static IEnumerable<string> RoutesOf(SekiaHost host) =>
        from route in host.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"]
        select $"{method} /{route.RoutePattern.RawText!.Trim('/')}";

    /// <summary>The status with which the guard turned the caller away; 0 when it did not, whatever the route then said.</summary>
    private static async Task<int> RefusalAsync(SekiaHost host, string route, string? token, string from)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = await host.Server.SendAsync(
            context =>
            {
                context.Request.Method = route.Split(' ')[0].Replace("*", "PUT", StringComparison.Ordinal);
                context.Request.Path = route.Split(' ')[1].Replace("{id:long}", "1", StringComparison.Ordinal).Replace("{id}", "1", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal).Replace("{instance}", "x", StringComparison.Ordinal).Replace("{command}", "x", StringComparison.Ordinal);
                context.Request.Host = new HostString("localhost");
                context.Connection.RemoteIpAddress = IPAddress.Parse(from);

                // As a form of a page of the dashboard would send it.
                context.Request.Headers.Cookie = $"{Csrf.Cookie}={s_csrf}";
                context.Request.Headers[Csrf.Header] = s_csrf;
                if (token is not null)
                {
                    context.Request.Headers.Authorization = "Bearer " + token;
                }
            },
            limit.Token);

        // Leaves the stream, which has no end.
        await answer.Response.Body.DisposeAsync();

        // A webhook's own refusal, of a signature for example, is not the guard's.
        return !route.Contains("/webhook", StringComparison.Ordinal) && answer.Response.StatusCode is 401 or 403 ? answer.Response.StatusCode : 0;
    }
}
