using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

public sealed class AnswerTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _root = new();
    private ModuleHost _host = null!;

    public async Task InitializeAsync() => _host = await ModuleHost.StartAsync(_root, [new SampleModule(MapThrowing)]);

    [Theory]
    [InlineData("invalid", 400, "the fault")]
    [InlineData("large", 413, "the size")]
    [InlineData("journal", 503, "the disk")]
    [InlineData("request", 415, "the type")]
    [InlineData("bug", 500, "internal error; the log has the details")]
    public async Task What_a_handler_throws_becomes_a_problem_document(string kind, int status, string detail)
    {
        using var answer = await _host.Client().GetAsync($"/throw/{kind}");
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal((status, detail), ((int)problem["status"]!, (string)problem["detail"]!));
        Assert.Equal(status == 503, answer.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task An_unforeseen_error_is_logged_once_with_its_stack()
    {
        using var answer = await _host.Client().GetAsync("/throw/bug");

        Assert.Single(_root.Log().Split("a bug's own words")[1..]);
        Assert.Contains("   at ", _root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_path_is_a_problem_document()
    {
        using var answer = await _host.Client().GetAsync("/nowhere");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var detail = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!;
        Assert.StartsWith("There is nothing at this path. The paths are /healthz, /page, /readyz, /sample, ", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_method_is_told_which_the_path_takes()
    {
        using var answer = await _host.Client().PostAsync("/sample", content: null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(
            "This path does not take POST. It takes GET, HEAD.", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/nowhere")]
    [InlineData("/throw/bug")]
    public async Task Every_answer_has_the_security_headers(string path)
    {
        using var answer = await _host.Client().GetAsync(path);

        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["DENY"], answer.Headers.GetValues("X-Frame-Options"));
        Assert.Equal(["no-referrer"], answer.Headers.GetValues("Referrer-Policy"));
        Assert.StartsWith("default-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_page_may_set_its_own_policy()
    {
        using var answer = await _host.Client().GetAsync("/page");

        Assert.Equal(["default-src 'self'"], answer.Headers.GetValues("Content-Security-Policy"));
    }

    [Fact]
    public async Task The_host_is_ready_unless_a_module_has_a_reason()
    {
        using var good = await _host.Client().GetAsync("/readyz");
        await using var other = await ModuleHost.StartAsync(_root, [new UnreadyModule()]);
        using var bad = await other.Client().GetAsync("/readyz");
        using var alive = await other.Client().GetAsync("/healthz");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (good.StatusCode, bad.StatusCode, alive.StatusCode));
        Assert.Contains("the cellar is flooded", await bad.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.1", false, false)]
    [InlineData("192.0.2.1", true, true)]
    [InlineData("127.0.0.1", false, true)]
    public async Task Why_it_is_not_ready_is_told_on_this_machine_or_with_the_login(string caller, bool withLogin, bool told)
    {
        await using var host = new SekiaHost(
            new Dictionary<string, string> { ["Dashboard:Username"] = "ann", ["Dashboard:Password"] = "secret-pass" },
            services => services.AddSingleton(new ReadinessCheck(() => "the cellar is flooded")));

        var answer = await host.Server.SendAsync(context =>
        {
            context.Request.Path = "/readyz";
            context.Request.Host = new HostString("localhost");
            context.Connection.RemoteIpAddress = IPAddress.Parse(caller);
            context.Request.Headers.Authorization = withLogin ? "Basic " + Convert.ToBase64String("ann:secret-pass"u8) : "";
        });
        var body = (await JsonNode.ParseAsync(answer.Response.Body))!;

        Assert.Equal(503, answer.Response.StatusCode);
        Assert.Equal(("not ready", told ? "the cellar is flooded" : null), ((string?)body["title"], (string?)body["detail"]));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _root.Dispose();

    private static void MapThrowing(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/throw/{kind}", (string kind) => Throw(kind));
        routes.MapGet("/page", (HttpResponse response) => response.Headers.ContentSecurityPolicy = "default-src 'self'");
    }

    private static string Throw(string kind) => throw (kind switch
    {
        "invalid" => new InvalidEventException("the fault"),
        "large" => new EventTooLargeException("the size"),
        "journal" => new JournalUnavailableException("the disk"),
        "request" => new BadHttpRequestException("the type", 415),
        _ => new InvalidOperationException("a bug's own words"),
    });

    private sealed class UnreadyModule : Sekia.Modules.IModule
    {
        public string Name => "Unready";

        public void AddServices(IServiceCollection services, Microsoft.Extensions.Configuration.IConfigurationSection section) =>
            services.AddSingleton(new ReadinessCheck(() => "the cellar is flooded"));
    }
}
