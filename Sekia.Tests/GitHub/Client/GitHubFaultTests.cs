using Microsoft.AspNetCore.Http;
using Sekia.Modules.Agents;
using Sekia.Modules.GitHub.Client;
using Sekia.Tests.Support;
using static Sekia.Tests.GitHub.Samples;

namespace Sekia.Tests.GitHub.Client;

/// <summary>What becomes of an answer that is no success: the asker reads what GitHub said and what to do, or it is tried again when GitHub said.</summary>
public sealed class GitHubFaultTests : IAsyncLifetime
{
    private const string Get = "GET /repos/acme/shop/issues/7";

    private GitHubHarness _github = null!;

    public async Task InitializeAsync() => _github = await GitHubHarness.StartAsync();

    public async Task DisposeAsync() => await _github.DisposeAsync();

    [Fact]
    public async Task A_wrong_token_is_named_by_its_setting()
    {
        _github.Server.On(Get, 401, """{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest"}""");

        Assert.Equal(
            "GitHub answered 401 to GET /repos/acme/shop/issues/7: Bad credentials. The token is wrong or has expired; set a valid one as GitHub:Token.",
            await _github.RefusalAsync("get_issue", Issue7));
    }

    [Fact]
    public async Task Each_account_has_a_setting_of_its_own()
    {
        await using var work = await GitHubHarness.StartAsync(name: "github-work");
        work.Server.On(Get, 401, """{"message":"Bad credentials"}""");

        Assert.EndsWith("set a valid one as GitHub:Instances:github-work:Token.", await work.RefusalAsync("get_issue", Issue7), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("issues=write", "It takes a token with the permission issues=write.")]
    [InlineData("issues=write,contents=read; pull_requests=write", "It takes a token with the permission issues=write and contents=read, or pull_requests=write.")]
    public async Task A_fine_grained_token_learns_which_permission_it_lacks(string permissions, string hint)
    {
        _github.Server.On(Get, 403, """{"message":"Resource not accessible by personal access token"}""", ("X-Accepted-GitHub-Permissions", permissions));

        Assert.Equal(
            $"GitHub answered 403 to GET /repos/acme/shop/issues/7: Resource not accessible by personal access token. {hint}",
            await _github.RefusalAsync("get_issue", Issue7));
    }

    [Fact]
    public async Task A_classic_token_learns_which_scope_it_lacks()
    {
        _github.Server.On(Get, 404, """{"message":"Not Found"}""", ("X-Accepted-OAuth-Scopes", "repo, public_repo"), ("X-OAuth-Scopes", "gist, read:org"));

        Assert.Equal(
            "GitHub answered 404 to GET /repos/acme/shop/issues/7: Not Found. There is no such thing, or the token may not see it. It takes a token with the scope repo or public_repo; this one has gist, read:org.",
            await _github.RefusalAsync("get_issue", Issue7));
    }

    [Fact]
    public void A_classic_token_without_any_scope_learns_that()
    {
        using var answer = new HttpResponseMessage(System.Net.HttpStatusCode.Forbidden);
        answer.Headers.Add("X-Accepted-OAuth-Scopes", "repo");
        answer.Headers.Add("X-OAuth-Scopes", "");

        Assert.EndsWith(" It takes a token with the scope repo; this one has none.", GitHubFault.Of(answer, [], "GET /x", "GitHub:Token", _github.Clock).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}""", "Validation Failed (Issue.title: missing_field).")]
    [InlineData("""{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"No commits between main and x"}]}""", "Validation Failed (PullRequest: No commits between main and x).")]
    [InlineData("""{"message":"Unprocessable Entity","errors":["Can not approve your own pull request","second"]}""", "Unprocessable Entity (Can not approve your own pull request; second).")]
    [InlineData("""{"message":"Validation Failed","errors":"all of it"}""", "Validation Failed (all of it).")]
    [InlineData("""{"message":"Two\nlines\u001b[31m"}""", "Two lines [31m.")]
    [InlineData("""{"message":"odd","errors":[null,7,{},{"field":3}]}""", "odd.")]
    public async Task Validation_says_what_is_wrong_with_what(string body, string said)
    {
        _github.Server.On(Get, 422, body);

        Assert.Equal("GitHub answered 422 to GET /repos/acme/shop/issues/7: " + said, await _github.RefusalAsync("get_issue", Issue7));
    }

    [Theory]
    [InlineData("<html><body>Blocked by policy</body></html>")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("\"text\"")]
    [InlineData("{\"message\":7}")]
    public async Task A_refusal_without_GitHubs_words_says_the_status(string body)
    {
        _github.Server.On(Get, 418, body);

        Assert.Equal("GitHub answered 418 to GET /repos/acme/shop/issues/7.", await _github.RefusalAsync("get_issue", Issue7));
    }

    [Fact]
    public async Task A_long_message_is_cut()
    {
        _github.Server.On(Get, 400, $$"""{"message":"{{new string('x', 100_000)}}"}""");

        Assert.InRange((await _github.RefusalAsync("get_issue", Issue7)).Length, 300, 400);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(408)]
    public async Task What_breaks_at_GitHub_comes_as_it_is(int status)
    {
        _github.Server.On(Get, status, "<html>Unicorn!</html>");

        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => _github.CallAsync("get_issue", Issue7));

        Assert.Equal(status, (int?)fault.StatusCode);
        Assert.True(Failure.IsPassing(fault));
    }

    [Theory]
    [InlineData("<html>Please log in to the network</html>")]
    [InlineData("{\"number\":7,")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public async Task A_success_that_is_not_GitHubs_JSON_may_pass_and_may_have_been_carried_out(string body)
    {
        _github.Server.On("POST /repos/acme/shop/issues", 200, body);

        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => _github.CallAsync("create_issue", new { owner = "acme", repo = "shop", title = "T" }));

        Assert.Contains("not the JSON that GitHub sends", fault.Message, StringComparison.Ordinal);
        Assert.True(Failure.IsPassing(fault) && Failure.IsAmbiguous(fault));
    }

    [Fact]
    public async Task An_answer_that_does_not_end_is_not_read_to_its_end()
    {
        _github.Server.On(Get, async context =>
        {
            var spaces = new byte[1 << 16];
            Array.Fill(spaces, (byte)' ');
            for (var sent = 0; sent <= GitHubConnections.MaxResponseBytes * 2 && !context.RequestAborted.IsCancellationRequested; sent += spaces.Length)
            {
                await context.Response.Body.WriteAsync(spaces, context.RequestAborted);
            }
        });

        Assert.Contains("is longer than", await _github.RefusalAsync("get_issue", Issue7), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_comes_as_it_is()
    {
        _github.Server.On(Get, async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{");
            context.Abort();
        });

        Assert.True(Failure.IsPassing(await Assert.ThrowsAsync<HttpRequestException>(() => _github.CallAsync("get_issue", Issue7))));
    }

    [Fact]
    public async Task Nobody_there_has_carried_out_nothing()
    {
        var gone = await RecordingServer.StartAsync();
        await gone.DisposeAsync();
        await using var github = await GitHubHarness.ToAsync(gone.Address);

        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => github.CallAsync("get_issue", Issue7));

        Assert.True(Failure.IsPassing(fault));
        Assert.False(Failure.IsAmbiguous(fault));
    }

    [Fact]
    public async Task A_command_that_is_given_up_lets_go_of_its_request()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _github.Server.On(Get, async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            letGo.SetResult();
        });
        var method = _github.Agent.Commands.Single(command => command.Name == "get_issue");
        var arguments = ArgumentCheck.Read(method, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(Issue7));
        using var giveUp = new CancellationTokenSource();

        var call = method.InvokeAsync(arguments, new CommandContext("cmd_1", DateTimeOffset.UnixEpoch, null), giveUp.Token);
        await asked.Task;
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await letGo.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_renamed_repository_is_asked_under_its_new_address(int status)
    {
        _github.Server.On("PATCH /repos/acme/shop/issues/7", status, "", ("Location", _github.Server.Address + "/repositories/1/issues/7"));
        _github.Server.On("PATCH /repositories/1/issues/7", 200, Issue("closed"));

        await _github.CallAsync("close_issue", Issue7);

        Assert.Equal(["""{"state":"closed"}""", """{"state":"closed"}"""], _github.Server.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task The_token_goes_to_no_other_host()
    {
        await using var other = await RecordingServer.StartAsync();
        _github.Server.On(Get, 302, "", ("Location", other.Address + "/repos/acme/shop/issues/7"));

        Assert.Contains("GitHub answered 302", await _github.RefusalAsync("get_issue", Issue7), StringComparison.Ordinal);

        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Redirects_that_lead_in_circles_end()
    {
        _github.Server.On(Get, 302, "", ("Location", "/repos/acme/shop/issues/7"));

        Assert.Contains("GitHub answered 302", await _github.RefusalAsync("get_issue", Issue7), StringComparison.Ordinal);

        Assert.Equal(4, _github.Server.Requests.Count);
    }

    [Fact]
    public async Task Without_a_token_nothing_can_be_sent()
    {
        Assert.Null(_github.Agent.CannotSend);
        _github.Options.Current.Token = null;

        Assert.Equal("no token is set; set GitHub:Token or the environment variable GITHUB_TOKEN", _github.Agent.CannotSend);
    }
}
