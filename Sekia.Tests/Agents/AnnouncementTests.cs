using System.Net;
using System.Text.Json.Nodes;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class AnnouncementTests : IDisposable
{
    private static readonly SubjectPattern s_ours = SubjectPattern.Parse("sekia.events.sekia");

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private readonly TestAgent _agent = new()
    {
        OnCall = (call, _) => call.Text switch
        {
            "no" => throw new CommandFailedException("The service said no."),
            "lost" => throw new IOException("The line went dead."),
            _ => Task.FromResult($"did {call.Text}"),
        },
    };

    [Theory]
    [InlineData("sekia", "team.news")]
    [InlineData("sekia", null)]
    [InlineData("api", "sekia.events.sekia")]
    public async Task Nobody_else_can_speak_as_the_host(string source, string? subject)
    {
        await using var host = AgentHost.Start(new TestAgent());

        var (status, problem) = await host.PostAsync("/api/v1/events", new { source, subject, type = "command.succeeded" });

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("the host", (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Equal(0, host.Get<Modules.Journal.EventJournal>().Head);
    }

    [Fact]
    public async Task What_nobody_waits_for_is_not_recorded()
    {
        await using var host = AgentHost.Start(_agent);
        await host.Get<EventJournal>().OpenConsumerAsync("workflow:other", [SubjectPattern.Parse("sekia.events.github")], _limit.Token);

        await host.WaitAsync(await host.SendAsync("say"), "succeeded");
        await host.WaitAsync(await host.SendAsync("say", "no"), "failed");

        Assert.Equal(0, host.Get<EventJournal>().Head);
    }

    [Fact]
    public async Task Who_only_looks_on_is_told_and_nothing_is_recorded()
    {
        await using var host = AgentHost.Start(_agent);
        using var live = host.Get<EventBus>().Subscribe(s_ours);

        var id = await host.SendAsync("say", "it");
        var told = (await NextAsync(live)).Event!;

        Assert.Equal(("command.succeeded", "sekia", 0L), (told.Type, told.Source, told.Seq));
        Assert.StartsWith("evt_", told.Id, StringComparison.Ordinal);
        Assert.Equal(id, (string)Payload(told)["id"]!);
        Assert.Equal(0, host.Get<EventJournal>().Head);
    }

    [Theory]
    [InlineData("it", "command.succeeded", """{"agent":"test-agent","command":"say","source":"api","status":"succeeded","attempts":1,"result":"did it"}""")]
    [InlineData("no", "command.failed", """{"agent":"test-agent","command":"say","source":"api","status":"failed","attempts":1,"reason":"The service said no."}""")]
    [InlineData("lost", "command.failed", """{"agent":"test-agent","command":"say","source":"api","status":"uncertain","attempts":1,"reason":"The line went dead. It may have been carried out all the same: look, then retry or dismiss it."}""")]
    public async Task Whoever_waits_for_it_finds_it_in_the_journal(string text, string type, string expected)
    {
        await using var host = AgentHost.Start(_agent);
        var consumer = await host.Get<EventJournal>().OpenConsumerAsync("workflow:watch", [SubjectPattern.Parse("sekia.events.>")], _limit.Token);

        var id = await host.SendAsync("say", text);
        var told = Assert.Single(await consumer.ReadAsync(10, _limit.Token));

        var payload = Payload(told);
        Assert.Equal((type, id), (told.Type, (string)payload["id"]!));
        payload.Remove("id");
        Assert.Equal(expected, payload.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(1, told.Seq);
    }

    [Fact]
    public async Task Neither_attempts_that_are_repeated_nor_dry_runs_are_announced()
    {
        var clock = new TestClock();
        _agent.OnCall = (call, _) => _agent.Calls.Count == 1 ? throw new HttpRequestException(HttpRequestError.ConnectionError) : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent, clock: clock, settings: new Dictionary<string, string> { ["Agents:FirstPause"] = "1s" });
        await host.Get<EventJournal>().OpenConsumerAsync("workflow:watch", [s_ours], _limit.Token);
        var id = await host.SendAsync("look");

        await host.WaitForPauseAsync(id, attempts: 1);
        clock.Advance(TimeSpan.FromSeconds(1));
        await host.WaitAsync(id, "succeeded");
        _agent.CannotSend = "no token";
        await host.WaitAsync(await host.SendAsync("look"), "dry_run");

        Assert.Equal(1, host.Get<EventJournal>().Head);
    }

    [Fact]
    public async Task It_follows_from_the_command_and_all_that_led_to_it()
    {
        await using var host = AgentHost.Start(_agent);
        var journal = host.Get<EventJournal>();
        var workflow = await journal.OpenConsumerAsync("workflow:one", [SubjectPattern.Parse("sekia.events.github")], _limit.Token);
        var watch = await journal.OpenConsumerAsync("workflow:two", [s_ours], _limit.Token);
        await host.Get<EventBus>().PublishAsync(new Event { Subject = "sekia.events.github", Type = "github.issue.opened", Source = "github" }, _limit.Token);

        var evt = Assert.Single(await workflow.ReadAsync(1, _limit.Token));
        var command = new Command { Agent = "test-agent", Name = "say", Source = "workflow:one", Payload = """{"text":"it"}"""u8.ToArray() };
        await workflow.CommitAsync(new Handled(evt.Seq, 1, [new Run { Event = evt, Commands = [command] }]), _limit.Token);
        var told = Assert.Single(await watch.ReadAsync(1, _limit.Token));

        Assert.Equal((new Cause(evt.Seq, 1, command.Seq), 1), (told.Cause, told.Depth));
        var shown = await host.CommandAsync(command.Id);
        Assert.Equal(("workflow:one", 1, $$"""{"event":{{evt.Seq}},"run":1,"command":null}"""), ((string)shown["source"]!, (int)shown["depth"]!, shown["cause"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_command_for_an_agent_that_is_not_there_waits_and_the_log_says_for_whom()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (var host = AgentHost.Start(_agent, settings: AgentHost.DurableIn(folder)))
        {
            var workflow = await host.Get<EventJournal>().OpenConsumerAsync("workflow:one", [SubjectPattern.Parse("sekia.events.github")], _limit.Token);
            await host.Get<EventBus>().PublishAsync(new Event { Subject = "sekia.events.github", Type = "github.issue.opened", Source = "github" }, _limit.Token);
            var evt = Assert.Single(await workflow.ReadAsync(1, _limit.Token));
            var command = new Command { Agent = "later-agent", Name = "say", Source = "workflow:one", Payload = """{"text":"it"}"""u8.ToArray() };
            await workflow.CommitAsync(new Handled(evt.Seq, 1, [new Run { Event = evt, Commands = [command] }]), _limit.Token);
            id = command.Id;

            await host.WaitAsync(await host.SendAsync("say"), "succeeded");
            Assert.Equal("pending", (string)(await host.CommandAsync(id))["status"]!);
            Assert.Contains($"Command {id} waits: there is no agent later-agent.", host.Root.Log(), StringComparison.Ordinal);
        }

        await using var next = AgentHost.Start(new TestAgent { Name = "later-agent" }, settings: AgentHost.DurableIn(folder));
        Assert.Equal("it", (string)(await next.WaitAsync(id, "succeeded"))["result"]!);
    }

    public void Dispose() => _limit.Dispose();

    private async Task<Message> NextAsync(Subscription subscription)
    {
        await foreach (var message in subscription.ReadAllAsync(_limit.Token))
        {
            return message;
        }

        throw new InvalidOperationException("The subscription ended.");
    }

    private static JsonObject Payload(Event evt) => JsonNode.Parse(evt.Payload.Span)!.AsObject();
}
