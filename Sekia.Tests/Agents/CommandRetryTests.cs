using System.Net;
using Sekia.Modules.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class CommandRetryTests
{
    private readonly TestClock _clock = new();
    private readonly TestAgent _agent;

    public CommandRetryTests() => _agent = new TestAgent(_clock);

    public static TheoryData<Exception> PassingFaults => new()
    {
        new HttpRequestException("overloaded", null, HttpStatusCode.ServiceUnavailable),
        new HttpRequestException("too many", null, HttpStatusCode.TooManyRequests),
        new HttpRequestException(HttpRequestError.ConnectionError, "connection refused"),
        new IOException("broken pipe"),
        new TimeoutException("too slow"),
        new TaskCanceledException("HttpClient's own timeout", new TimeoutException()),
    };

    [Theory]
    [MemberData(nameof(PassingFaults))]
    public async Task What_passes_by_itself_is_tried_again_after_a_second(Exception fault)
    {
        _agent.OnCall = (call, _) => _agent.Calls.Count == 1 ? throw fault : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent, clock: _clock);
        var id = await host.SendAsync("look");

        var paused = await host.WaitForPauseAsync(id, attempts: 1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var command = await host.WaitAsync(id, "succeeded");

        Assert.Equal(("pending", fault.Message), ((string)paused["status"]!, (string)paused["reason"]!));
        Assert.Equal(2, (int)command["attempts"]!);
        Assert.Null(command["reason"]);
    }

    [Fact]
    public async Task Pauses_double_up_to_the_longest_and_are_kept_to_the_millisecond()
    {
        _agent.OnCall = (_, _) => throw new HttpRequestException("down", null, HttpStatusCode.BadGateway);
        await using var host = AgentHost.Start(
            _agent, clock: _clock, settings: new Dictionary<string, string> { ["Agents:FirstPause"] = "2s", ["Agents:LongestPause"] = "15s" });
        var began = _clock.GetUtcNow();
        var id = await host.SendAsync("look");
        int[] pauses = [2, 4, 8, 15, 15, 15, 15];

        for (var attempts = 1; attempts <= pauses.Length; attempts++)
        {
            var paused = await host.WaitForPauseAsync(id, attempts);
            var due = DateTimeOffset.FromUnixTimeMilliseconds((long)paused["next_attempt_at"]!);
            Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromSeconds(pauses[attempts - 1]), due);
            _clock.Advance(due - _clock.GetUtcNow() - TimeSpan.FromMilliseconds(1));
            Assert.Equal(attempts, (int)(await host.CommandAsync(id))["attempts"]!);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        var command = await host.WaitAsync(id, "failed");
        Assert.Equal("down (given up after 8 attempts)", (string)command["reason"]!);
        Assert.Equal([0, 2, 6, 14, 29, 44, 59, 74], _agent.Calls.Select(call => (call.At - began).TotalSeconds));
    }

    [Theory]
    [InlineData("look")]
    [InlineData("say")]
    public async Task A_service_that_asks_for_a_pause_gets_exactly_that(string name)
    {
        _agent.OnCall = (call, _) => _agent.Calls.Count == 1 ? throw new RetryAfterException(TimeSpan.FromMinutes(17), "wait 17 minutes") : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent, clock: _clock);
        var began = _clock.GetUtcNow();
        var id = await host.SendAsync(name);

        await host.WaitForPauseAsync(id, attempts: 1);
        _clock.Advance(TimeSpan.FromMinutes(17));
        await host.WaitAsync(id, "succeeded");

        Assert.Equal([TimeSpan.Zero, TimeSpan.FromMinutes(17)], _agent.Calls.Select(call => call.At - began));
    }

    [Fact]
    public async Task What_changes_nothing_does_not_wait_for_those_that_wait_behind_a_pause()
    {
        _agent.OnCall = (call, _) => call.Text == "first" ? throw new RetryAfterException(TimeSpan.FromHours(9), "wait 9 hours") : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent, clock: _clock);
        await host.WaitForPauseAsync(await host.SendAsync("say", "first"), attempts: 1);
        var second = await host.SendAsync("say", "second");

        await host.WaitAsync(await host.SendAsync("look", "now"), "succeeded");

        Assert.Equal(["first", "now"], _agent.Calls.Select(call => call.Text));
        Assert.Equal("pending", (string)(await host.CommandAsync(second))["status"]!);
    }

    [Fact]
    public async Task What_changes_nothing_does_not_wait_for_one_of_its_kind_that_is_paused()
    {
        _agent.OnCall = (call, _) => call.Text == "first" ? throw new RetryAfterException(TimeSpan.FromHours(9), "wait 9 hours") : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent, clock: _clock);
        await host.WaitForPauseAsync(await host.SendAsync("look", "first"), attempts: 1);

        await host.WaitAsync(await host.SendAsync("look", "second"), "succeeded");

        Assert.Equal(["first", "second"], _agent.Calls.Select(call => call.Text));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(long.MaxValue, 30 * 24 * 3600)]
    public async Task A_pause_that_makes_no_sense_is_brought_into_bounds(long ticks, int seconds)
    {
        _agent.OnCall = (call, _) => _agent.Calls.Count == 1 ? throw new RetryAfterException(new TimeSpan(ticks), "wait") : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent, clock: _clock, settings: new Dictionary<string, string> { ["Journal:KeepFor"] = "365.00:00:00" });
        var began = _clock.GetUtcNow();
        var id = await host.SendAsync("look");

        if (seconds > 0)
        {
            await host.WaitForPauseAsync(id, attempts: 1);
        }

        _clock.Advance(TimeSpan.FromSeconds(seconds));
        await host.WaitAsync(id, "succeeded");
        Assert.Equal(TimeSpan.FromSeconds(seconds), _agent.Calls[1].At - began);
    }

    [Fact]
    public async Task An_agent_that_takes_too_long_is_told_to_stop_and_asked_again()
    {
        _agent.OnCall = async (call, token) =>
        {
            if (_agent.Calls.Count == 1)
            {
                await Task.Delay(Timeout.Infinite, token);
            }

            return call.Text;
        };
        await using var host = AgentHost.Start(_agent, new AgentOptions { CommandTimeout = TimeSpan.FromSeconds(5) }, _clock);
        var id = await host.SendAsync("put");
        await Eventually.HoldsAsync(() => _agent.Calls.Count == 1);

        _clock.Advance(TimeSpan.FromSeconds(5));
        var paused = await host.WaitForPauseAsync(id, attempts: 1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await host.WaitAsync(id, "succeeded");

        Assert.Equal("no answer within 5 s", (string)paused["reason"]!);
        Assert.Equal(2, _agent.Calls.Count);
    }

    [Fact]
    public async Task An_agent_that_never_answers_gives_its_place_back_when_the_time_is_over()
    {
        var never = new TaskCompletionSource<string>();
        _agent.OnCall = (call, _) => _agent.Calls.Count <= 2 ? never.Task : Task.FromResult(call.Text);
        await using var host = AgentHost.Start(_agent, new AgentOptions { CommandTimeout = TimeSpan.FromSeconds(5) }, _clock);
        var say = await host.SendAsync("say");
        var put = await host.SendAsync("put");

        await Eventually.HoldsAsync(() => _agent.Calls.Count == 1);
        _clock.Advance(TimeSpan.FromSeconds(5));
        var uncertain = await host.WaitAsync(say, "uncertain");
        await Eventually.HoldsAsync(() => _agent.Calls.Count == 2);
        _clock.Advance(TimeSpan.FromSeconds(5));
        var paused = await host.WaitForPauseAsync(put, attempts: 1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await host.WaitAsync(put, "succeeded");

        Assert.Equal("no answer within 5 s. It may have been carried out all the same: look, then retry or dismiss it.", (string)uncertain["reason"]!);
        Assert.Equal("no answer within 5 s", (string)paused["reason"]!);
        Assert.Equal(["say", "put", "put"], _agent.Calls.Select(call => call.Command));
    }

    [Fact]
    public async Task After_the_most_attempts_it_is_a_dead_letter()
    {
        _agent.OnCall = (_, _) => throw new HttpRequestException("down", null, HttpStatusCode.ServiceUnavailable);
        await using var host = AgentHost.Start(_agent, new AgentOptions { MaxAttempts = 2 }, _clock);
        var id = await host.SendAsync("look");

        await host.WaitForPauseAsync(id, attempts: 1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var command = await host.WaitAsync(id, "failed");

        Assert.Equal((2, "down (given up after 2 attempts)"), ((int)command["attempts"]!, (string)command["reason"]!));
        Assert.Null(command["next_attempt_at"]);
        Assert.Equal(2, (int)(await host.AgentAsync())["errors"]!);
    }

    [Fact]
    public async Task A_restart_forgets_neither_the_attempts_nor_when_the_next_is_due()
    {
        using var folder = new TemporaryFolder();
        _agent.OnCall = (_, _) => throw new RetryAfterException(TimeSpan.FromHours(1), "wait an hour");
        string id;
        await using (var before = AgentHost.Start(_agent, clock: _clock, settings: AgentHost.DurableIn(folder)))
        {
            id = await before.SendAsync("say", "first");
            await before.WaitForPauseAsync(id, attempts: 1);
            await before.SendAsync("say", "second");
        }

        var agent = new TestAgent(_clock);
        await using var host = AgentHost.Start(agent, clock: _clock, settings: AgentHost.DurableIn(folder));
        await host.WaitForPauseAsync(id, attempts: 1);
        _clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(("pending", 1), await host.CommandAsync(id) is var waiting ? ((string)waiting["status"]!, (int)waiting["attempts"]!) : default);
        Assert.Empty(agent.Calls);

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, (int)(await host.WaitAsync(id, "succeeded"))["attempts"]!);
        await Eventually.HoldsAsync(() => agent.Calls.Count == 2);
        Assert.Equal(["first", "second"], agent.Calls.Select(call => call.Text));
    }

    [Fact]
    public async Task A_clock_that_was_far_ahead_keeps_no_command_for_ever()
    {
        using var folder = new TemporaryFolder();
        _clock.Advance(TimeSpan.FromDays(20_000));
        _agent.OnCall = (_, _) => throw new RetryAfterException(TimeSpan.FromHours(1), "wait an hour");
        string id;
        await using (var before = AgentHost.Start(_agent, clock: _clock, settings: AgentHost.DurableIn(folder)))
        {
            id = await before.SendAsync("look");
            await before.WaitForPauseAsync(id, attempts: 1);
        }

        var (right, agent) = (new TestClock(), new TestAgent());
        await using var host = AgentHost.Start(agent, clock: right, settings: AgentHost.DurableIn(folder));
        await Eventually.HoldsAsync(() =>
        {
            right.Advance(TimeSpan.FromDays(1));
            return agent.Calls.Count == 1;
        });

        await host.WaitAsync(id, "succeeded");
    }
}
