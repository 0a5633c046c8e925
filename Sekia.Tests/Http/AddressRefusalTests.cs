using Sekia.Modules.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.Http;

/// <summary>What leads to this machine or its network, under whatever name, is refused before a byte is sent.</summary>
public class AddressRefusalTests
{
    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://127.1:{0}/")]
    [InlineData("http://127.0.1:{0}/")]
    [InlineData("http://0x7f.1:{0}/")]
    [InlineData("http://0x7f000001:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://017700000001:{0}/")]
    [InlineData("http://0177.0.0.1:{0}/")]
    [InlineData("http://0.0.0.0:{0}/")]
    [InlineData("http://0:{0}/")]
    [InlineData("http://[::1]:{0}/")]
    [InlineData("http://[::]:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://[::ffff:7f00:1]:{0}/")]
    [InlineData("http://[::127.0.0.1]:{0}/")]
    [InlineData("http://[64:ff9b::7f00:1]:{0}/")]
    [InlineData("http://[2002:7f00:1::]:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://LOCALHOST:{0}/")]
    [InlineData("https://localhost:{0}/")]
    [InlineData("http://10.0.0.1:{0}/")]
    [InlineData("http://172.16.0.1:{0}/")]
    [InlineData("http://192.168.0.1:{0}/")]
    [InlineData("http://169.254.169.254:{0}/latest/meta-data/")]
    [InlineData("http://100.64.0.1:{0}/")]
    [InlineData("http://224.0.0.1:{0}/")]
    [InlineData("http://255.255.255.255:{0}/")]
    [InlineData("http://[fe80::1]:{0}/")]
    [InlineData("http://[fc00::1]:{0}/")]
    public async Task An_address_that_is_not_public_is_refused(string url)
    {
        await using var server = await RecordingServer.StartAsync();
        using var http = new HttpAgentHarness();

        var refusal = await http.RefusalAsync(new { method = "GET", url = string.Format(null, url, server.Port) });

        Assert.Contains("AllowedAddresses", refusal, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://127.1:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://localhost:{0}/")]
    public async Task An_address_that_is_listed_is_asked(string url)
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 200, "here");
        using var http = new HttpAgentHarness("127.0.0.1");

        var answer = await http.GetAsync(string.Format(null, url, server.Port));

        Assert.Equal("here", answer.GetProperty("body").GetString());
    }

    [Fact]
    public async Task Of_the_addresses_of_a_name_the_next_one_is_tried_when_one_does_not_answer()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 200, "here");
        using var http = new HttpAgentHarness("127.0.0.1", "::1");

        var answer = await http.GetAsync($"http://localhost:{server.Port}/");

        Assert.Equal(200, answer.GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_to_an_address_that_is_not_listed_is_refused(int status)
    {
        await using var inside = await RecordingServer.StartAsync();
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", status, "", ("Location", $"http://127.0.0.2:{inside.Port}/secret"));
        using var http = new HttpAgentHarness("127.0.0.1");

        var refusal = await http.RefusalAsync(new { method = "GET", url = server.Address + "/" });

        Assert.Contains("127.0.0.2", refusal, StringComparison.Ordinal);
        Assert.Empty(inside.Requests);
    }

    [Fact]
    public async Task A_reload_that_closes_an_address_closes_its_open_connections_too()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("GET /", 200, "here");
        using var http = new HttpAgentHarness("127.0.0.1");
        await http.GetAsync(server.Address + "/");

        http.Options.Current = new HttpOptions();

        await http.RefusalAsync(new { method = "GET", url = server.Address + "/" });
        Assert.Single(server.Requests);
    }
}
