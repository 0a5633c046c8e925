using System.Net;
using Sekia.Modules.Agents;
using Sekia.Modules.Http;
using Sekia.Tests.Support;

namespace Sekia.Tests.Http;

public class PassingFaultTests
{
    [Theory]
    [InlineData(429, "30", 30)]
    [InlineData(503, "30", 30)]
    [InlineData(429, "0", 0)]
    [InlineData(429, "3600", 3600)]
    [InlineData(429, "3601", 3600)]
    [InlineData(429, "99999999999999999999", 3600)]
    [InlineData(503, "Thu, 01 Jan 2026 00:00:45 GMT", 45)]
    [InlineData(503, "Wed, 31 Dec 2025 23:00:00 GMT", 0)]
    [InlineData(503, "Fri, 02 Jan 2026 00:00:00 GMT", 3600)]
    public void A_server_that_asks_for_a_pause_gets_it_up_to_an_hour(int status, string retryAfter, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.IsType<RetryAfterException>(FaultOf(status, retryAfter)).Delay);

    [Theory]
    [InlineData(429, null)]
    [InlineData(429, "soon")]
    [InlineData(429, "-5")]
    [InlineData(429, "1.5")]
    [InlineData(503, null)]
    [InlineData(500, "30")]
    [InlineData(501, null)]
    [InlineData(502, null)]
    [InlineData(504, null)]
    [InlineData(599, null)]
    public void Other_faults_of_a_server_pass_by_themselves(int status, string? retryAfter) =>
        Assert.Equal(status, (int?)Assert.IsType<HttpRequestException>(FaultOf(status, retryAfter)).StatusCode);

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(304)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(408)]
    [InlineData(499)]
    public void Everything_else_is_an_answer(int status) => Assert.Null(FaultOf(status, "30"));

    [Fact]
    public async Task The_agent_passes_it_on()
    {
        await using var server = await RecordingServer.StartAsync();
        server.On("POST /", 429, "", ("Retry-After", "7"));
        server.On("GET /", 502);
        using var http = HttpAgentHarness.OfThisMachine();

        var pause = await Assert.ThrowsAsync<RetryAfterException>(() => http.AskAsync(new { method = "POST", url = server.Address + "/?key=s3cret" }));
        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(server.Address));

        Assert.Equal(TimeSpan.FromSeconds(7), pause.Delay);
        Assert.DoesNotContain("s3cret", pause.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadGateway, fault.StatusCode);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_is_not_there_has_carried_out_nothing()
    {
        var server = await RecordingServer.StartAsync();
        await server.DisposeAsync();
        using var http = HttpAgentHarness.OfThisMachine();

        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(server.Address));

        Assert.Equal(HttpRequestError.ConnectionError, fault.HttpRequestError);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_has_carried_out_nothing()
    {
        using var http = HttpAgentHarness.OfThisMachine();

        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("http://nowhere.invalid/"));

        Assert.Equal(HttpRequestError.NameResolutionError, fault.HttpRequestError);
    }

    private static Exception? FaultOf(int status, string? retryAfter)
    {
        using var response = new HttpResponseMessage((HttpStatusCode)status);
        if (retryAfter is not null)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return PassingFault.Of(response, RequestArguments.Check("GET", "https://example.com", null, null, null), new TestClock());
    }
}
