using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Sekia.Modules.GitHub.Deliveries;
using Sekia.Tests.Journal;
using Sekia.Tests.Support;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub.Deliveries;

public sealed class GitHubWebhookTests
{
    private const string Issue = """{"action":"opened","issue":{"number":1}}""";
    private const string Work = "GitHub:Instances:work:WebhookSecret=of the other account";

    [Theory]
    [InlineData("/webhooks/github")]
    [InlineData("/webhook")]
    public async Task A_delivery_becomes_an_event_of_the_main_account(string path)
    {
        await using var host = await StartAsync();

        using var response = await host.DeliverAsync("issues", Issue, id: "72d3162e-cc78-11e3-81ab-4c9367dc0958", path);

        var evt = await host.NextEventAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($$"""{"status":"accepted","id":"{{evt.Id}}","seq":1,"duplicate":false}""", await response.Content.ReadAsStringAsync());
        Assert.Equal(("sekia.events.github", "github.issue.opened", "github"), (evt.Subject, evt.Type, evt.Source));
        Assert.Equal("72d3162e-cc78-11e3-81ab-4c9367dc0958", evt.Key);
        Assert.False(host.PayloadAt(1).TryGetProperty("agent", out _));
        Assert.Equal((1, 0), (host.Agent().Events, host.Agent().Ignored));
    }

    [Fact]
    public async Task A_redelivery_is_accepted_and_recorded_once_whichever_way_it_comes()
    {
        await using var host = await StartAsync();

        using var first = await host.DeliverAsync("issues", Issue, id: "d1");
        using var second = await host.DeliverAsync("issues", Issue, id: "d1", path: "/webhook");
        using var third = await host.DeliverAsync("issues", "payload=" + Uri.EscapeDataString(Issue), id: " d1 ", type: "application/x-www-form-urlencoded");
        using var another = await host.DeliverAsync("issues", Issue, id: "d2");

        var id = (await WebhookHarness.JsonOfAsync(first)).GetProperty("id").GetString();
        foreach (var again in (HttpResponseMessage[])[second, third])
        {
            var answer = await WebhookHarness.JsonOfAsync(again);
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
            Assert.Equal((id, true), (answer.GetProperty("id").GetString(), answer.GetProperty("duplicate").GetBoolean()));
        }

        Assert.Equal((2, 2), (host.Recorded, host.Agent().Events));
    }

    [Fact]
    public async Task Without_an_id_each_delivery_is_a_fact_of_its_own()
    {
        await using var host = await StartAsync();

        using var first = await host.DeliverAsync("issues", Issue);
        using var second = await host.DeliverAsync("issues", Issue);

        Assert.Null((await host.NextEventAsync()).Key);
        Assert.Equal(2, host.Recorded);
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("watch")]
    [InlineData("of a kind that GitHub has not thought of yet")]
    public async Task What_is_no_event_here_is_ignored_and_counted(string kind)
    {
        await using var host = await StartAsync("Logging:LogLevel:Sekia=Debug");

        using var response = await host.DeliverAsync(kind, """{"action":"started\r\n","zen":"Keep it logically awesome."}""", id: "d1");

        Assert.Equal((HttpStatusCode.OK, """{"status":"ignored"}"""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal((0, 1, 0), (host.Recorded, host.Agent().Ignored, host.Agent().Events));
        Assert.Contains($"github-agent ignored a delivery of kind '{kind}' with action 'started\uFFFD\uFFFD'", host.Root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_shows_how_many_were_events_and_how_many_were_ignored()
    {
        await using var host = new SekiaHost();
        using var client = host.CreateClient();
        foreach (var (kind, body) in new[] { ("ping", "{}"), ("issues", Issue), ("star", "{}") })
        {
            using var delivery = new StringContent(body) { Headers = { { "X-GitHub-Event", kind } } };
            using var response = await client.PostAsync("/webhooks/github", delivery);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        var agents = (await client.GetFromJsonAsync<JsonObject>("/api/v1/agents"))!["agents"]!.AsArray();

        var agent = Assert.Single(agents, agent => (string)agent!["name"]! == "github-agent")!;
        Assert.Equal((1, 2), ((int)agent["events_processed"]!, (int)agent["events_ignored"]!));
    }

    [Fact]
    public async Task Events_of_two_accounts_are_told_apart()
    {
        await using var host = await StartAsync(Work);

        using var main = await host.DeliverAsync("issues", Issue, id: "d1");
        using var work = await host.DeliverAsync("issues", Issue, id: "d1", path: "/webhooks/github/work", secret: "of the other account");

        var (first, second) = (await host.NextEventAsync(), await host.NextEventAsync());
        Assert.Equal(("sekia.events.github", "github", "d1"), (first.Subject, first.Source, first.Key));
        Assert.Equal(("sekia.events.github", "github:work", "work:d1"), (second.Subject, second.Source, second.Key));
        Assert.Equal("work", host.PayloadAt(2).GetProperty("agent").GetString());
        Assert.Equal((1, 1), (host.Agent().Events, host.Agent("work").Events));
    }

    [Theory]
    [InlineData("/webhooks/github/work", DeliveryHarness.Secret, HttpStatusCode.Unauthorized)]
    [InlineData("/webhooks/github", "of the other account", HttpStatusCode.Unauthorized)]
    [InlineData("/webhooks/github/none", "of the other account", HttpStatusCode.NotFound)]
    [InlineData("/webhooks/github/webhook-agent", "of the other account", HttpStatusCode.NotFound)]
    [InlineData("/webhooks/github/%0d%0a", "of the other account", HttpStatusCode.NotFound)]
    public async Task The_secret_of_one_account_opens_no_other(string path, string secret, HttpStatusCode status)
    {
        await using var host = await StartAsync(Work);

        using var response = await host.DeliverAsync("issues", Issue, path: path, secret: secret);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task Where_there_are_only_named_accounts_there_is_no_main_one()
    {
        await using var host = await DeliveryHarness.StartAsync(Work);

        using var main = await host.DeliverAsync("issues", Issue);
        using var work = await host.DeliverAsync("issues", Issue, path: "/webhooks/github/work", secret: "of the other account");

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.OK], [main.StatusCode, work.StatusCode]);
        Assert.Contains("GitHub:Instances", await WebhookHarness.DetailOfAsync(main), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Switched_off_it_leaves_its_address_to_webhooks_of_any_kind()
    {
        await using var host = await StartAsync("GitHub:Enabled=false");

        using var general = await host.DeliverAsync("issues", Issue);
        using var original = await host.DeliverAsync("issues", Issue, path: "/webhook");

        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.NotFound], [general.StatusCode, original.StatusCode]);
        Assert.Equal("webhook.received", host.At(1).Type);
    }

    [Theory]
    [InlineData("GET", "/webhooks/github")]
    [InlineData("PUT", "/webhook")]
    [InlineData("DELETE", "/webhooks/github/work")]
    public async Task Any_other_method_is_told_to_use_post(string method, string path)
    {
        await using var host = await StartAsync(Work);

        using var response = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
        Assert.Contains("POST", await WebhookHarness.DetailOfAsync(response), StringComparison.Ordinal);
    }

    public static TheoryData<string, (string, string)[]> OddHeaders() => new()
    {
        { "no kind", [] },
        { "an empty kind", [("X-GitHub-Event", " ")] },
        { "two kinds", [("X-GitHub-Event", "issues"), ("X-GitHub-Event", "push")] },
        { "the same kind twice", [("X-GitHub-Event", "issues"), ("x-github-event", "issues")] },
        { "two ids", [("X-GitHub-Event", "issues"), ("X-GitHub-Delivery", "d1"), ("X-GitHub-Delivery", "d2")] },
        { "an id too long to keep", [("X-GitHub-Event", "issues"), ("X-GitHub-Delivery", new string('d', 600))] },
        { "an id with a control character", [("X-GitHub-Event", "issues"), ("X-GitHub-Delivery", "d\u0085d")] },
        { "a kind that is no text", [("X-GitHub-Event", "issues\u0000")] },
    };

    [Theory]
    [MemberData(nameof(OddHeaders))]
    public async Task Headers_that_github_does_not_send_are_refused_after_the_signature(string what, (string, string)[] headers)
    {
        await using var host = await StartAsync();
        var body = Encoding.UTF8.GetBytes(Issue);

        var status = await host.PostLinesAsync("/webhooks/github", body, [.. headers, ("X-Hub-Signature-256", WebhookHarness.Sign(DeliveryHarness.Secret, body))]);

        Assert.True(status == HttpStatusCode.BadRequest, what);
        Assert.Equal(0, host.Recorded);
    }

    [Fact]
    public async Task What_the_journal_cannot_take_is_not_accepted_and_can_be_sent_again()
    {
        await using var host = await StartAsync();
        var large = $$"""{"action":"opened","issue":{"body":"{{new string('x', 60_000)}}"} }""";
        await host.Journal.CommitAsync(new TestWrite(transaction => transaction.Database.Execute("PRAGMA max_page_count = 1")), CancellationToken.None);

        using var refused = await host.DeliverAsync("issues", large, id: "d1");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("no room for the journal", await WebhookHarness.DetailOfAsync(refused), StringComparison.Ordinal);
        Assert.Equal((0, 0), (host.Recorded, host.Agent().Events));

        await host.Journal.CommitAsync(new TestWrite(transaction => transaction.Database.Execute("PRAGMA max_page_count = 1000000")), CancellationToken.None);
        using var taken = await host.DeliverAsync("issues", large, id: "d1");

        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.False((await WebhookHarness.JsonOfAsync(taken)).GetProperty("duplicate").GetBoolean());
    }

    [Fact]
    public async Task An_event_is_recorded_when_it_is_answered_and_none_is_lost_under_load()
    {
        await using var host = await StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
        {
            // Each comes twice, as when GitHub did not wait for the answer.
            using var response = await host.DeliverAsync("issues", $$$"""{"action":"opened","issue":{"number":{{{n / 2}}}}}""", id: $"d{n / 2}");
            var answer = await WebhookHarness.JsonOfAsync(response);
            return (Number: n / 2, Seq: answer.GetProperty("seq").GetInt64(), Recorded: host.PayloadAt(answer.GetProperty("seq").GetInt64()));
        }));

        Assert.All(answers, answer => Assert.Equal(answer.Number, answer.Recorded.GetProperty("number").GetInt32()));
        Assert.Equal((100, 100), (answers.Select(answer => answer.Seq).Distinct().Count(), host.Recorded));
    }

    [Fact]
    public async Task A_second_address_serves_them_too()
    {
        await using var host = await StartAsync("Webhooks:Listen=127.0.0.1:0", Work);

        using var main = await host.DeliverAsync("issues", Issue, path: new Uri(host.Addresses[1], "/webhook").AbsoluteUri);
        using var work = await host.DeliverAsync("issues", Issue, path: new Uri(host.Addresses[1], "/webhooks/github/work").AbsoluteUri, secret: "of the other account");

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [main.StatusCode, work.StatusCode]);
    }

    private static Task<DeliveryHarness> StartAsync(params string[] settings) => DeliveryHarness.StartAsync([DeliveryHarness.SecretSetting, .. settings]);
}
