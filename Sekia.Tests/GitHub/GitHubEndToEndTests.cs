using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Sekia.Tests.GitHub.Deliveries;
using Sekia.Tests.Support;
using Sekia.Tests.Webhooks;

namespace Sekia.Tests.GitHub;

/// <summary>From GitHub's delivery through the shipped workflow back to GitHub, with the real program.</summary>
public sealed class GitHubEndToEndTests : IDisposable
{
    private const string Repository = "Codertocat/Hello-World";
    private const int RandomRounds = 6;

    private readonly TemporaryFolder _root = new();
    private readonly int _seed = Random.Shared.Next();

    public GitHubEndToEndTests()
    {
        Directory.CreateDirectory(_root.File("workflows"));
        File.Copy(Shipped("github-auto-label.lua"), _root.File("workflows/github-auto-label.lua"));
    }

    [Fact]
    public async Task An_issue_is_labelled_and_greeted()
    {
        await using var server = await RecordingServer.StartAsync();
        var issue = new ScriptedIssues(server, Repository).Add(1);
        await using var sekia = await StartAsync(server);

        Assert.True(await DeliverAsync(sekia, 1));
        await Eventually.HoldsAsync(() => issue.Comments.Count == 1);
        await Eventually.GetAsync(async () => await IsDoneAsync(sekia) ? "" : null, () => "the end of both commands");

        Assert.Equal(["bug"], issue.Labels);
        Assert.StartsWith("Hello @Codertocat! Thank you for the report!", issue.Comments.Single(), StringComparison.Ordinal);
        Assert.All(server.Requests, request => Assert.Equal("Bearer not-a-token", request.Headers["Authorization"]));
        await AssertSucceededAsync(sekia, 2);
    }

    [Fact]
    public async Task Killed_at_any_moment_it_labels_and_greets_each_issue_once()
    {
        var random = new Random(_seed);
        await using var server = await RecordingServer.StartAsync();
        var issues = new ScriptedIssues(server, Repository);
        Hold[] rounds = [Hold.BeforeKept, Hold.AfterKept, Hold.Lost, .. Enumerable.Repeat(Hold.No, RandomRounds)];
        for (var number = 1; number <= rounds.Length; number++)
        {
            var issue = issues.Add(number);
            issue.HoldNext(rounds[number - 1]);
            await using var sekia = await StartAsync(server);
            var delivered = DeliverAsync(sekia, number);
            if (rounds[number - 1] is Hold.No)
            {
                var changes = random.Next(3);
                await Eventually.HoldsAsync(() => issue.Changes >= changes, $"{changes} requests, seed {_seed}");
                Thread.SpinWait(random.Next(1_000_000));
            }
            else
            {
                await issue.Held.WaitAsync(TimeSpan.FromSeconds(30));
            }

            sekia.Kill();
            issue.Release();
            await delivered;
        }

        await using var last = await StartAsync(server);
        for (var number = 1; number <= rounds.Length; number++)
        {
            // What GitHub got no answer to, it sends again, and here also what it got one to.
            Assert.True(await DeliverAsync(last, number));
        }

        await Eventually.GetAsync(async () => await IsDoneAsync(last) ? "" : null, () => $"the end of all commands, seed {_seed}", TimeSpan.FromMinutes(2));
        for (var number = 1; number <= rounds.Length; number++)
        {
            Assert.True(issues[number].Comments.Count == 1, $"Issue {number} has {issues[number].Comments.Count} comments, seed {_seed}.");
            Assert.Equal(["bug"], issues[number].Labels);
        }

        await AssertSucceededAsync(last, 2 * rounds.Length);
    }

    public void Dispose() => _root.Dispose();

    /// <summary>Commands do not wait for one another, as one that was under way at a kill has to wait until it is sure what became of it.</summary>
    private Task<RunningSekia> StartAsync(RecordingServer server) => RunningSekia.StartAsync(
        _root, $"GitHub:BaseUrl={server.Address}", "GitHub:Token=not-a-token", DeliveryHarness.SecretSetting, "GitHub:Concurrency=16");

    /// <summary>GitHub's own example of an issue, with another number. Answers whether it was accepted before the process was gone.</summary>
    private static async Task<bool> DeliverAsync(RunningSekia sekia, int number)
    {
        var example = JsonNode.Parse(GitHubExamples.Get("issues", "opened").GetRawText())!;
        example["issue"]!["id"] = 1000 + number;
        example["issue"]!["number"] = number;
        example["issue"]!["title"] = "Bug: the lamp stays dark";
        var body = Encoding.UTF8.GetBytes(example.ToJsonString());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/github") { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-GitHub-Event", "issues");
        request.Headers.Add("X-GitHub-Delivery", string.Create(CultureInfo.InvariantCulture, $"delivery-{number}"));
        request.Headers.Add("X-Hub-Signature-256", WebhookHarness.Sign(DeliveryHarness.Secret, body));
        try
        {
            using var response = await sekia.Client.SendAsync(request);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<bool> IsDoneAsync(RunningSekia sekia)
    {
        // Runs first: one that ends between the two questions has its commands in the second answer.
        var flow = (await sekia.GetAsync("/api/v1/workflows"))["workflows"]![0]!;
        var commands = (await sekia.GetAsync("/api/v1/status"))["commands"]!;
        return (long)flow["waiting"]! == 0 && (long)commands["pending"]! + (long)commands["running"]! == 0;
    }

    private static async Task AssertSucceededAsync(RunningSekia sekia, int count)
    {
        var commands = (await sekia.GetAsync("/api/v1/status"))["commands"]!;
        Assert.Equal((count, 0, 0), ((int)commands["succeeded"]!, (int)commands["failed"]!, (int)commands["uncertain"]!));
    }

    private static string Shipped(string workflow, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "workflows", workflow));
}
