using System.Net;
using System.Net.Http.Headers;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json.Nodes;
using Sekia.Modules.Hosting;
using Sekia.Modules.Hosting.Access;
using Sekia.Tests.Support;

namespace Sekia.Tests.Hosting;

[UnsupportedOSPlatform("windows")]
public sealed class TokenTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly TokenFile _tokens;

    public TokenTests() => _tokens = new TokenFile(_root.File("data/tokens.json"));

    [Fact]
    public async Task A_token_that_is_revoked_ends_at_once_also_on_this_machine()
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        var token = await CreateAsync("operate", "ci");

        using var good = await SendAsync(host, HttpMethod.Get, token);
        var (exitCode, output, _) = await SekiaProcess.RunAsync(_root, ["token", "revoke", "ci"]);
        using var revoked = await SendAsync(host, HttpMethod.Get, token);

        Assert.Equal((0, "The token 'ci' is revoked."), (exitCode, output.Trim()));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (good.StatusCode, revoked.StatusCode));
        Assert.Contains("sekia token create", await DetailAsync(revoked), StringComparison.Ordinal);
        Assert.Equal("Bearer", Assert.Single(revoked.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task A_token_that_may_read_is_told_what_takes_more()
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        var token = _tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch);

        using var read = await SendAsync(host, HttpMethod.Get, token);
        using var write = await SendAsync(host, HttpMethod.Delete, token);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (read.StatusCode, write.StatusCode));
        Assert.Matches("^The token 'ci' may only read\\. For DELETE /[^ ]*, create one with --role operate", await DetailAsync(write));
    }

    [Fact]
    public async Task A_token_is_as_good_as_the_login()
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()], "Dashboard:Username=ann", "Dashboard:Password=secret-pass");
        var token = _tokens.Create("ci", AccessRole.Operate, DateTimeOffset.UnixEpoch);

        using var answer = await SendAsync(host, HttpMethod.Get, token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("Basic", "ann:wrong")]
    [InlineData("Basic", "token:sekia_wrong")]
    [InlineData("Bearer", "sekia_wrong")]
    public async Task Whoever_guesses_is_slowed_down_and_a_right_login_does_not_help_but_a_token_does(string scheme, string guess)
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()], "Dashboard:Username=ann", "Dashboard:Password=secret-pass");
        var token = _tokens.Create("ci", AccessRole.Operate, DateTimeOffset.UnixEpoch);
        for (var i = 0; i < GuessBrake.Allowed; i++)
        {
            using var wrong = await SendAsync(host, scheme == "Basic" ? Login(guess) : new AuthenticationHeaderValue(scheme, guess));
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var answer = await SendAsync(host, Login("ann:secret-pass"));
        using var bearer = await SendAsync(host, HttpMethod.Get, token);
        using var browser = await SendAsync(host, Login("token:" + token));

        Assert.Equal((HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.OK), (answer.StatusCode, bearer.StatusCode, browser.StatusCode));
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.StartsWith("Too many wrong logins or tokens came from this address.", await DetailAsync(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_was_revoked_shuts_nobody_else_out_however_often_it_is_shown()
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()], "Dashboard:Username=ann", "Dashboard:Password=secret-pass");
        var token = _tokens.Create("ci", AccessRole.Operate, DateTimeOffset.UnixEpoch);
        _tokens.Revoke("ci");
        for (var i = 0; i < 2 * GuessBrake.Allowed; i++)
        {
            using var bearer = await SendAsync(host, HttpMethod.Get, token);
            using var browser = await SendAsync(host, Login("token:" + token));
            Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (bearer.StatusCode, browser.StatusCode));
        }

        using var other = await SendAsync(host, Login("ann:secret-pass"));

        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task A_password_that_looks_like_a_token_is_still_a_password()
    {
        var password = AccessToken.NewText();
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()], "Dashboard:Username=ann", "Dashboard:Password=" + password);

        using var answer = await SendAsync(host, Login("ann:" + password));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task What_is_kept_is_a_hash_for_this_user_alone()
    {
        var token = await CreateAsync("read", "ci");
        var (_, list, _) = await SekiaProcess.RunAsync(_root, ["token", "list"]);

        var kept = await File.ReadAllTextAsync(_root.File("data/tokens.json"));
        Assert.Matches("^sekia_[A-Za-z0-9_-]{43}$", token);
        Assert.DoesNotContain(token["sekia_".Length..], kept, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_root.File("data/tokens.json")));
        Assert.Matches(@"(?m)^ci     read   \d{4}-\d\d-\d\d \d\d:\d\d\s*$", list);
    }

    [Theory]
    [InlineData("There is a token 'ci' already.", "create", "--role", "read", "--name", "ci")]
    [InlineData("'a b' is no name for a token.", "create", "--role", "read", "--name", "a b")]
    [InlineData("There is no token 'other'. Those there are: ci.", "revoke", "other")]
    [InlineData("'root'", "create", "--role", "root", "--name", "x")]
    public async Task What_cannot_be_done_is_said(string expected, params string[] args)
    {
        _tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch);

        var (exitCode, _, error) = await SekiaProcess.RunAsync(_root, ["token", .. args]);

        Assert.Equal(1, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Single(_tokens.List());
    }

    [Fact]
    public async Task With_a_token_the_host_may_listen_beyond_this_machine()
    {
        Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [], "Host:Listen=:0"));
        _tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch);

        await using var app = ModuleHost.Build(_root, [], "Host:Listen=:0");

        Assert.NotNull(app);
    }

    [Fact]
    public async Task From_another_address_of_this_machine_a_token_is_needed()
    {
        var address = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address).FirstOrDefault(ip => ip.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(ip));
        if (address is null)
        {
            // A machine without a network cannot be called from elsewhere.
            return;
        }

        var token = _tokens.Create("ci", AccessRole.Read, DateTimeOffset.UnixEpoch);
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()], $"Host:Listen={address}:0");

        using var without = await host.Client().GetAsync("/sample");
        using var with = await SendAsync(host, HttpMethod.Get, token);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (without.StatusCode, with.StatusCode));
    }

    [Theory]
    [InlineData("[{")]
    [InlineData("[null]")]
    [InlineData("""[{"name": "ci", "role": "operate", "sha256": null, "created_at": "2026-01-01T00:00:00Z"}]""")]
    [InlineData("""[{"name": "ci", "role": "root", "sha256": "", "created_at": "2026-01-01T00:00:00Z"}]""")]
    public async Task A_file_of_tokens_that_cannot_be_read_lets_nobody_in(string damaged)
    {
        await using var host = await ModuleHost.StartAsync(_root, [new SampleModule()]);
        var token = _tokens.Create("ci", AccessRole.Operate, DateTimeOffset.UnixEpoch);
        _root.Write("data/tokens.json", damaged);

        using var answer = await SendAsync(host, HttpMethod.Get, token);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [], "Host:Listen=:0"));
    }

    public void Dispose() => _root.Dispose();

    private static async Task<string> DetailAsync(HttpResponseMessage answer) => (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!;

    private static AuthenticationHeaderValue Login(string text) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));

    private static async Task<HttpResponseMessage> SendAsync(ModuleHost host, AuthenticationHeaderValue shown)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sample") { Headers = { Authorization = shown } };
        return await host.Client().SendAsync(request);
    }

    private static async Task<HttpResponseMessage> SendAsync(ModuleHost host, HttpMethod method, string token)
    {
        using var request = new HttpRequestMessage(method, "/sample") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        return await host.Client().SendAsync(request);
    }

    private async Task<string> CreateAsync(string role, string name)
    {
        var (_, output, error) = await SekiaProcess.RunAsync(_root, ["token", "create", "--role", role, "--name", name]);
        Assert.Equal("", error);
        return output.Trim();
    }
}
