using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Security;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class CommandSigningTests
{
    private static readonly Dictionary<string, string> s_secret = new() { ["Security:CommandSecret"] = "a-secret-of-some-length" };

    [Fact]
    public async Task With_a_secret_what_goes_by_is_signed_and_sealed()
    {
        await using var host = AgentHost.Start(new TestAgent(), settings: s_secret);
        using var commands = host.Get<EventBus>().Subscribe(SubjectPattern.Parse("sekia.commands.*"));

        var id = await host.SendAsync("say", "hello");
        var message = await NextAsync(commands);
        var body = JsonNode.Parse(message.Body.Span)!;

        Assert.Equal("sekia.commands.test-agent", message.Subject);
        Assert.Equal(Hmac("""{"command":"say","payload":{"text":"hello"},"source":"api"}"""), (string)body["signature"]!);
        Assert.StartsWith($"{id}.", (string)body["id"]!, StringComparison.Ordinal);
        var verifier = host.Get<CommandVerifier>();
        Assert.Equal(CommandTrust.Accepted, verifier.Verify("test-agent", CommandEnvelope.Parse(message.Body)).Trust);
        Assert.Equal(CommandTrust.Replayed, verifier.Verify("test-agent", CommandEnvelope.Parse(message.Body)).Trust);
    }

    [Fact]
    public async Task Without_a_secret_it_is_plain()
    {
        await using var host = AgentHost.Start(new TestAgent());
        using var commands = host.Get<EventBus>().Subscribe(SubjectPattern.Parse("sekia.commands.test-agent"));

        await host.SendAsync("say", "hello");

        Assert.Equal("""{"command":"say","payload":{"text":"hello"},"source":"api"}""", Encoding.UTF8.GetString((await NextAsync(commands)).Body.Span));
    }

    [Fact]
    public async Task Each_attempt_goes_by_as_one_of_its_own()
    {
        var clock = new TestClock();
        var agent = new TestAgent();
        agent.OnCall = (call, _) => agent.Calls.Count == 1 ? throw new HttpRequestException(HttpRequestError.ConnectionError) : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(agent, clock: clock, settings: s_secret);
        using var commands = host.Get<EventBus>().Subscribe(SubjectPattern.Parse("sekia.commands.test-agent"));

        var id = await host.SendAsync("say");
        await host.WaitForPauseAsync(id, attempts: 1);
        clock.Advance(TimeSpan.FromSeconds(1));
        await host.WaitAsync(id, "succeeded");

        var verifier = host.Get<CommandVerifier>();
        for (var sendings = 1; sendings <= 2; sendings++)
        {
            Assert.Equal(CommandTrust.Accepted, verifier.Verify("test-agent", CommandEnvelope.Parse((await NextAsync(commands)).Body)).Trust);
        }
    }

    [Fact]
    public async Task A_dead_letter_that_is_retried_at_once_is_no_replay()
    {
        var agent = new TestAgent { OnCall = (_, _) => throw new CommandFailedException("No.") };
        await using var host = AgentHost.Start(agent, settings: s_secret);
        using var commands = host.Get<EventBus>().Subscribe(SubjectPattern.Parse("sekia.commands.test-agent"));
        var id = await host.SendAsync("say");
        await host.WaitAsync(id, "failed");

        agent.OnCall = (call, _) => Task.FromResult(call.Text);
        await host.PostAsync($"/api/v1/commands/{id}/retry");
        await host.WaitAsync(id, "succeeded");

        var verifier = host.Get<CommandVerifier>();
        for (var sendings = 1; sendings <= 2; sendings++)
        {
            Assert.Equal(CommandTrust.Accepted, verifier.Verify("test-agent", CommandEnvelope.Parse((await NextAsync(commands)).Body)).Trust);
        }
    }

    [Theory]
    [InlineData("put")]
    [InlineData("say")]
    public async Task What_cannot_be_signed_is_carried_out_all_the_same_but_not_shown(string name)
    {
        await using var host = AgentHost.Start(new TestAgent(), settings: s_secret);
        using var commands = host.Get<EventBus>().Subscribe(SubjectPattern.Parse("sekia.commands.test-agent"));
        using var payload = JsonDocument.Parse("""{"text":"x","extra":1e999}""");

        var (_, receipt) = await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = name, payload = payload.RootElement });
        var command = await host.WaitAsync((string)receipt["id"]!, "succeeded");
        await host.SendAsync("say", "next");

        Assert.Equal(1, (int)command["attempts"]!);
        Assert.Contains("\"next\"", Encoding.UTF8.GetString((await NextAsync(commands)).Body.Span), StringComparison.Ordinal);
        Assert.Contains("is not shown to listeners", host.Root.Log(), StringComparison.Ordinal);
    }

    private static string Hmac(string text) => Convert.ToHexStringLower(HMACSHA256.HashData("a-secret-of-some-length"u8, Encoding.UTF8.GetBytes(text)));

    private static async Task<Message> NextAsync(Subscription subscription)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var message in subscription.ReadAllAsync(limit.Token))
        {
            return message;
        }

        throw new InvalidOperationException("The subscription ended.");
    }
}
