using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Modules.Webhooks;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class AccessGuardTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Theory]
    [InlineData("localhost", null, 200)]
    [InlineData("localhost:7600", null, 200)]
    [InlineData("127.0.0.1:1", null, 200)]
    [InlineData("[::1]:1", null, 200)]
    [InlineData("LOCALHOST", "http://localhost", 200)]
    [InlineData("localhost:7600", "http://localhost:7600", 200)]
    [InlineData("sekia.example.com", "https://sekia.example.com", 200)]
    [InlineData("plain.example.com", "http://plain.example.com", 200)]
    [InlineData("evil.example.com", null, 403)]
    [InlineData("localhost.evil.example.com", null, 403)]
    [InlineData("127.0.0.1.evil.example.com", null, 403)]
    [InlineData("192.168.1.1", null, 403)]
    [InlineData("localhost:7600", "http://localhost:7601", 403)]
    [InlineData("localhost:7600", "https://localhost:7600", 403)]
    [InlineData("localhost:7600", "http://evil.example.com", 403)]
    [InlineData("localhost:7600", "null", 403)]
    [InlineData("plain.example.com", "https://plain.example.com", 403)]
    public async Task Host_and_origin_must_be_ours(string host, string? origin, int expected)
    {
        var token = CreateToken();
        await using var sekia = await ModuleHost.StartAsync(
            _root, [new SampleModule()], "Host:AllowedHosts=https://sekia.example.com,plain.example.com");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sample")
        {
            Headers = { Host = host, Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var answer = await sekia.Client().SendAsync(request);

        Assert.Equal(expected, (int)answer.StatusCode);
        if (expected == 403)
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Contains("Host:AllowedHosts", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("localhost", null, 200)]
    [InlineData("127.0.0.1:7600", null, 200)]
    [InlineData("[::1]:7600", null, 200)]
    [InlineData("sekia.example.com", null, 401)]
    [InlineData("localhost", "Forwarded", 401)]
    [InlineData("localhost", "X-Forwarded-For", 401)]
    [InlineData("127.0.0.1:7600", "X-Forwarded-Host", 401)]
    [InlineData("127.0.0.1:7600", "X-Real-IP", 401)]
    [InlineData("127.0.0.1:7600", "Via", 401)]
    public async Task What_a_proxy_on_this_machine_brings_needs_a_token_like_any_other(string host, string? header, int expected)
    {
        var token = CreateToken();
        await using var sekia = await ModuleHost.StartAsync(_root, [new SampleModule()], "Host:AllowedHosts=https://sekia.example.com");

        Assert.Equal((expected, 200), (await StatusAsync(null), await StatusAsync(token)));

        async Task<int> StatusAsync(string? shown)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/sample") { Headers = { Host = host } };
            request.Headers.Authorization = shown is null ? null : new AuthenticationHeaderValue("Bearer", shown);
            if (header is not null)
            {
                request.Headers.TryAddWithoutValidation(header, "127.0.0.1");
            }

            using var answer = await sekia.Client().SendAsync(request);
            return (int)answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("192.0.2.1", false)]
    public void Whoever_calls_this_machine_by_its_own_name_from_elsewhere_is_not_on_it(string sender, bool isHere)
    {
        var context = new DefaultHttpContext { Request = { Host = new HostString("localhost", 7600) }, Connection = { RemoteIpAddress = IPAddress.Parse(sender) } };

        Assert.Equal(isHere, ThisMachine.Sent(context));
    }

    [Theory]
    [InlineData("cross-site", "no-cors", "image", 403)]
    [InlineData("same-site", "no-cors", "script", 403)]
    [InlineData("cross-site", "navigate", "iframe", 403)]
    [InlineData("cross-site", "navigate", "document", 200)]
    [InlineData("same-origin", "cors", "empty", 200)]
    [InlineData("none", "navigate", "document", 200)]
    public async Task Another_site_may_link_here_and_load_nothing(string site, string mode, string destination, int expected)
    {
        await using var sekia = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sample")
        {
            Headers = { { "Sec-Fetch-Site", site }, { "Sec-Fetch-Mode", mode }, { "Sec-Fetch-Dest", destination } },
        };

        using var answer = await sekia.Client().SendAsync(request);

        Assert.Equal(expected, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Another_site_may_not_send_a_form_by_a_navigation_without_origin()
    {
        await using var sekia = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/sample")
        {
            Headers = { { "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Mode", "navigate" }, { "Sec-Fetch-Dest", "document" } },
        };

        using var answer = await sekia.Client().SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData("/sample", null, 401)]
    [InlineData("/sample", "ann:pass:word", 200)]
    [InlineData("/sample", "ann:pass", 401)]
    [InlineData("/sample", "Ann:pass:word", 401)]
    [InlineData("/sample", "", 401)]
    [InlineData("/nowhere", null, 401)]
    [InlineData("/healthz", null, 200)]
    [InlineData("/readyz", null, 200)]
    [InlineData("/healthz/", null, 200)]
    [InlineData("/HealthZ", null, 200)]
    [InlineData("/healthz/more", null, 401)]
    [InlineData("/webhooks", null, 401)]
    [InlineData("/webhooks/../sample", null, 401)]
    public async Task With_a_login_configured_it_must_be_given(string path, string? login, int expected)
    {
        await using var sekia = await ModuleHost.StartAsync(
            _root, [new SampleModule()], "Dashboard:Username=ann", "Dashboard:Password=pass:word");
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (login is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));
        }

        using var answer = await sekia.Client().SendAsync(request);

        Assert.Equal(expected, (int)answer.StatusCode);
        Assert.Equal(expected == 401, answer.Headers.WwwAuthenticate.Count > 0);
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Basic !!!")]
    [InlineData("Bearer YW5uOnNlY3JldC1wYXNz")]
    public async Task A_malformed_login_is_refused(string header)
    {
        await using var sekia = await ModuleHost.StartAsync(
            _root, [new SampleModule()], "Dashboard:Username=ann", "Dashboard:Password=secret-pass");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sample");
        request.Headers.TryAddWithoutValidation("Authorization", header);

        using var answer = await sekia.Client().SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Webhooks_need_no_login()
    {
        await using var sekia = await ModuleHost.StartAsync(
            _root, [new SampleModule()], "Dashboard:Username=ann", "Dashboard:Password=secret-pass");

        using var answer = await sekia.Client().PostAsync("/webhooks/ci", content: null);

        Assert.Equal("ci", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "/sample")]
    [InlineData("GET", "/healthz")]
    [InlineData("GET", "/webhooks/ci")]
    [InlineData("POST", "/webhooks")]
    [InlineData("POST", "/webhooks/")]
    [InlineData("POST", "/webhooks/../sample")]
    [InlineData("POST", "/webhookss/ci")]
    public async Task The_webhook_address_serves_nothing_else(string method, string path)
    {
        await using var sekia = await ModuleHost.StartAsync(_root, [new SampleModule(), new WebhooksSection()], "Webhooks:Listen=127.0.0.1:0");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await sekia.Client(address: 1).SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_webhook_address_answers_to_any_name()
    {
        await using var sekia = await ModuleHost.StartAsync(_root, [new SampleModule(), new WebhooksSection()], "Webhooks:Listen=127.0.0.1:0");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/ci") { Headers = { Host = "tunnel.example.com" } };
        request.Headers.Add("Origin", "https://elsewhere.example.com");

        using var answer = await sekia.Client(address: 1).SendAsync(request);

        Assert.Equal("ci", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(":8080")]
    [InlineData("0.0.0.0:8080")]
    [InlineData("[::]:8080")]
    [InlineData("*:8080")]
    [InlineData("192.168.1.1:8080")]
    [InlineData("http://0.0.0.0:8080")]
    public void A_wide_bind_without_a_login_is_refused_with_the_line_to_add(string listen)
    {
        var failure = Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [], $"Host:Listen={listen}"));

        Assert.Contains("no login is set and no token created", failure.Message, StringComparison.Ordinal);
        Assert.Contains("""
            "Dashboard": { "Username": "<name>", "Password": "<password>" }
            """.Trim(), failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sekia.example.com", true)]
    [InlineData("localhost,https://sekia.example.com", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("localhost,127.0.0.1,http://[::1]", false)]
    public async Task A_name_for_callers_from_elsewhere_without_a_login_is_refused(string names, bool isRefused)
    {
        if (isRefused)
        {
            var failure = Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [], "Host:AllowedHosts=" + names));
            Assert.Contains("is a name for callers from elsewhere, and no login is set and no token created", failure.Message, StringComparison.Ordinal);
            CreateToken();
        }

        await using var app = ModuleHost.Build(_root, [], "Host:AllowedHosts=" + names);

        Assert.NotNull(app);
    }

    [Fact]
    public async Task A_wide_bind_with_a_login_is_fine()
    {
        await using var app = ModuleHost.Build(_root, [], "Host:Listen=:8080", "Dashboard:Username=ann", "Dashboard:Password=secret");

        Assert.NotNull(app);
    }

    [Theory]
    [InlineData("Host:Listen=7600", "names no port")]
    [InlineData("Host:Listen=127.0.0.1:99999", "names no port")]
    [InlineData("Host:Listen=example.com:80", "does not begin with an IP address")]
    [InlineData("Host:Listen=https://127.0.0.1:7600", "leaves to a proxy")]
    [InlineData("Webhooks:Listen=nowhere", "names no port")]
    [InlineData("Webhooks:Listen=127.0.0.1", "names no port")]
    public void An_address_that_cannot_be_listened_on_is_refused(string setting, string expected)
    {
        var failure = Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [], setting));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _root.Dispose();

    private string CreateToken() => new TokenFile(_root.File("data/tokens.json")).Create("ci", AccessRole.Operate, DateTimeOffset.UnixEpoch);

    /// <summary>The section of the webhooks without their routes.</summary>
    private sealed class WebhooksSection : IModule
    {
        public string Name => "Webhooks";

        public void AddServices(IServiceCollection services, IConfigurationSection section) => services.BindOptions<WebhooksOptions>(section);
    }
}
