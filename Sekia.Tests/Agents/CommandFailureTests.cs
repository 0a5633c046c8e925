using System.Net;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class CommandFailureTests
{
    private readonly TestClock _clock = new();
    private readonly TestAgent _agent;

    public CommandFailureTests() => _agent = new TestAgent(_clock);

    public static TheoryData<Exception> WithoutAnAnswer => new()
    {
        new HttpRequestException("The response ended prematurely."),
        new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely."),
        new HttpRequestException("gateway timeout", null, HttpStatusCode.GatewayTimeout),
        new HttpRequestException("bad gateway", null, HttpStatusCode.BadGateway),
        new HttpRequestException("overloaded", null, HttpStatusCode.ServiceUnavailable),
        new HttpRequestException("broken", null, HttpStatusCode.InternalServerError),
        new HttpRequestException("no answer from the origin", null, (HttpStatusCode)524),
        new IOException("connection reset"),
        new TimeoutException("too slow"),
        new TaskCanceledException("HttpClient's own timeout", new TimeoutException()),
    };

    public static TheoryData<Exception> NeverCarriedOut => new()
    {
        new HttpRequestException(HttpRequestError.ConnectionError, "connection refused"),
        new HttpRequestException(HttpRequestError.NameResolutionError, "no such host"),
        new HttpRequestException(HttpRequestError.SecureConnectionError, "no trust"),
        new HttpRequestException("too many", null, HttpStatusCode.TooManyRequests),
        new RetryAfterException(TimeSpan.FromSeconds(1), "not now"),
    };

    [Theory]
    [MemberData(nameof(WithoutAnAnswer))]
    public async Task Nobody_knows_whether_it_was_carried_out_so_a_person_decides(Exception fault)
    {
        _agent.OnCall = (_, _) => throw fault;
        await using var host = AgentHost.Start(_agent, clock: _clock);

        var command = await host.WaitAsync(await host.SendAsync("say"), "uncertain");

        Assert.Equal($"{fault.Message.TrimEnd('.')}. It may have been carried out all the same: look, then retry or dismiss it.", (string)command["reason"]!);
        Assert.Equal(1, (int)command["attempts"]!);
        Assert.Single(_agent.Calls);
    }

    [Theory]
    [MemberData(nameof(NeverCarriedOut))]
    public async Task What_was_surely_not_carried_out_is_sent_again_whatever_it_is(Exception fault)
    {
        _agent.OnCall = (call, _) => _agent.Calls.Count == 1 ? throw fault : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent, clock: _clock);
        var id = await host.SendAsync("say");

        await host.WaitForPauseAsync(id, attempts: 1);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2, (int)(await host.WaitAsync(id, "succeeded"))["attempts"]!);
    }

    [Fact]
    public async Task What_the_service_refuses_is_a_dead_letter_in_its_words()
    {
        _agent.OnCall = (_, _) => throw new CommandFailedException("The service answered 404: there is no such issue. Check the number.");
        await using var host = AgentHost.Start(_agent, clock: _clock);

        var command = await host.WaitAsync(await host.SendAsync("say"), "failed");

        Assert.Equal("The service answered 404: there is no such issue. Check the number.", (string)command["reason"]!);
        Assert.Single(_agent.Calls);
        Assert.DoesNotContain("CommandFailedException", host.Root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bug_is_an_internal_error_outside_and_a_stack_in_the_log_once()
    {
        _agent.OnCall = (_, _) => throw new InvalidOperationException("index 7 of the hidden table");
        await using var host = AgentHost.Start(_agent, clock: _clock);

        var command = await host.WaitAsync(await host.SendAsync("say"), "failed");

        Assert.Equal("internal error in 'say', see the log", (string)command["reason"]!);
        Assert.Equal(1, Occurrences(host.Root.Log(), "index 7 of the hidden table"));
        Assert.Contains(nameof(CommandFailureTests), host.Root.Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_a_bug_and_the_next_command_is_none_the_worse()
    {
        _agent.OnCall = (_, _) => throw new OperationCanceledException("for no reason of ours");
        await using var host = AgentHost.Start(_agent, clock: _clock);

        var first = await host.WaitAsync(await host.SendAsync("say"), "failed");
        _agent.OnCall = (call, _) => Task.FromResult(call.Text);
        await host.WaitAsync(await host.SendAsync("say"), "succeeded");

        Assert.Equal("internal error in 'say', see the log", (string)first["reason"]!);
    }

    [Fact]
    public async Task Trouble_is_shown_and_logged_once_and_so_is_its_end()
    {
        _agent.OnCall = (_, _) => throw new HttpRequestException("The service is down.", null, HttpStatusCode.ServiceUnavailable);
        await using var host = AgentHost.Start(_agent, clock: _clock);
        await Eventually.HoldsAsync(() => host.Get<AgentRegistry>().Find("test-agent")!.LastHeartbeatAt != 0);
        var id = await host.SendAsync("look");

        await host.WaitForPauseAsync(id, attempts: 1);
        Assert.Equal(("degraded", "The service is down."), await host.AgentAsync() is var shown ? ((string)shown["status"]!, (string)shown["reason"]!) : default);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await host.WaitForPauseAsync(id, attempts: 2);
        _agent.OnCall = (call, _) => Task.FromResult(call.Text);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await host.WaitAsync(id, "succeeded");

        Assert.Equal("alive", (string)(await host.AgentAsync())["status"]!);
        Assert.Equal(1, Occurrences(host.Root.Log(), "test-agent cannot carry out commands: The service is down."));
        Assert.Equal(1, Occurrences(host.Root.Log(), "test-agent carries out commands again"));
    }

    [Fact]
    public async Task Half_a_surrogate_pair_in_a_header_fails_the_command_that_was_accepted()
    {
        await using var host = AgentHost.Start(_agent);

        var (status, accepted) = await host.PostAsync(
            "/api/v1/commands", """{"agent":"http-agent","command":"request","payload":{"method":"POST","url":"https://example.com","headers":{"A":"\ud800"}}}""");
        var command = await host.WaitAsync((string)accepted["id"]!, "failed");

        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Contains("'headers'", (string)command["reason"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loop_that_breaks_says_so_once_and_goes_on()
    {
        await using var host = AgentHost.Start(_agent, clock: _clock);
        var (options, journal) = (host.Get<LiveOptions<AgentsOptions>>(), host.Get<EventJournal>());
        var entry = new AgentEntry(new TestAgent { Name = "lone-agent" }, () => new AgentOptions(), options, _clock);
        var log = host.Get<ILogger<CommandDispatcher>>();
        var loop = new CommandLoop(entry, journal, new CommandExecution(entry, journal, host.Get<CommandCourier>(), options, _clock, _ => { }, log), _clock);
        await journal.AddCommandAsync(new Command { Agent = "lone-agent", Name = "look", Source = "test" }, CancellationToken.None);
        using var stop = new CancellationTokenSource();

        // Without its slots it cannot take a command.
        loop.Dispose();
        loop.Begin();
        var running = loop.RunAsync(stop.Token, stop.Token);
        for (var pauses = 0; pauses < 3; pauses++)
        {
            await Eventually.HoldsAsync(() => running.IsCompleted || _clock.IsAnyoneWaitingFor(_clock.GetUtcNow() + TimeSpan.FromSeconds(1)));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(running.IsCompleted);
        Assert.Equal("Its commands cannot be taken: internal error, see the log.", entry.Sending.Reason);
        Assert.Equal(1, Occurrences(host.Root.Log(), "The commands of lone-agent cannot be taken: that broke."));
        Assert.Contains(nameof(ObjectDisposedException), host.Root.Log(), StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => running);
    }

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;
}
