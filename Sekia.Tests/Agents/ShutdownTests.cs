using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class ShutdownTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task What_is_with_the_agent_is_finished_and_nothing_new_is_begun()
    {
        var agent = new TestAgent { OnCall = (call, token) => AnswerAsync(_release.Task.WaitAsync(token), call) };
        var host = Start(agent, TimeSpan.FromSeconds(30));
        var first = await host.SendAsync("say", "first");
        var second = await host.SendAsync("say", "second");
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);

        var stopping = host.Get<CommandDispatcher>().StopAsync(CancellationToken.None);
        _release.SetResult();
        await stopping;
        await host.DisposeAsync();

        Assert.Equal("first", Assert.Single(agent.Calls).Text);
        var next = new TestAgent();
        await using var again = Start(next, TimeSpan.FromSeconds(30));
        Assert.Equal("did first", (string)(await again.CommandAsync(first))["result"]!);
        await again.WaitAsync(second, "succeeded");
        Assert.Equal("second", Assert.Single(next.Calls).Text);
    }

    [Fact]
    public async Task While_others_stop_nothing_new_is_begun()
    {
        var agent = new TestAgent { OnCall = (call, token) => AnswerAsync(_release.Task.WaitAsync(token), call) };
        var host = AgentHost.Start(
            [agent],
            settings: AgentHost.DurableIn(_folder),
            replace: services => services.AddHostedService(provider => new SlowToStop(async () =>
            {
                _release.SetResult();
                await Eventually.HoldsAsync(() => provider.GetRequiredService<EventJournal>().Tallies.Commands(CommandStatus.Succeeded) == 1);
            })));
        await host.SendAsync("say", "first");
        await host.SendAsync("say", "second");
        await Eventually.HoldsAsync(() => agent.Calls.Count == 1);

        await host.DisposeAsync();

        Assert.Equal("first", Assert.Single(agent.Calls).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Beyond_the_limit_what_may_be_repeated_waits_and_the_rest_is_uncertain(bool heedsTheToken)
    {
        var agent = new TestAgent { OnCall = (call, token) => AnswerAsync(heedsTheToken ? _release.Task.WaitAsync(token) : _release.Task, call) };
        string look, put, say;
        await using (var host = Start(agent, TimeSpan.FromMilliseconds(500), new AgentOptions { Concurrency = 3 }))
        {
            look = await host.SendAsync("look");
            put = await host.SendAsync("put");
            say = await host.SendAsync("say");
            await Eventually.HoldsAsync(() => agent.Calls.Count == 3);
        }

        var next = new TestAgent();
        await using var again = Start(next, TimeSpan.FromSeconds(30));
        await again.WaitAsync(look, "succeeded");
        await again.WaitAsync(put, "succeeded");
        var uncertain = await again.CommandAsync(say);

        // What only reads goes beside what acts: which of the two comes first is not promised.
        Assert.Equal(["look", "put"], next.Calls.Select(call => call.Command).Order());
        Assert.Equal("uncertain", (string)uncertain["status"]!);
        Assert.Equal("The host was stopped while the command was with the agent. Look whether it was carried out; then retry or dismiss it.", (string)uncertain["reason"]!);
        Assert.Equal((2L, 1L, 0L), await again.SumsAsync() is var sums ? (sums["succeeded"], sums["uncertain"], sums["running"]) : default);
    }

    [Fact]
    public async Task A_pause_before_the_next_attempt_does_not_hold_up_the_stop()
    {
        var agent = new TestAgent { OnCall = (_, _) => throw new RetryAfterException(TimeSpan.FromHours(1), "wait") };
        var host = Start(agent, TimeSpan.FromSeconds(30));
        await host.WaitForPauseAsync(await host.SendAsync("say"), attempts: 1);
        await host.SendAsync("say");

        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Single(agent.Calls);
    }

    [Fact]
    public async Task A_source_that_does_not_answer_does_not_keep_the_host_from_stopping()
    {
        var agent = new TestAgent { OnRead = (_, _) => new TaskCompletionSource<SourceBatch?>().Task };
        var host = Start(agent, TimeSpan.FromMilliseconds(300));
        await Eventually.HoldsAsync(() => agent.Cursors.Count == 1);

        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }

    public void Dispose()
    {
        _release.TrySetResult();
        _folder.Dispose();
    }

    private AgentHost Start(TestAgent agent, TimeSpan limit, AgentOptions? options = null) => AgentHost.Start(
        [agent], options, settings: AgentHost.DurableIn(_folder), replace: services => services.Configure<HostOptions>(host => host.ShutdownTimeout = limit));

    private static async Task<string> AnswerAsync(Task after, AgentCall call)
    {
        await after;
        return $"did {call.Text}";
    }

    /// <summary>Stops before the agents do, being the last that was started. The host of a test is told to stop twice.</summary>
    private sealed class SlowToStop(Func<Task> stop) : IHostedService
    {
        private readonly Lock _gate = new();
        private Task? _stopped;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        /// <remarks>The host is told to stop by two at the same time: the test and its own program.</remarks>
        public Task StopAsync(CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                return _stopped ??= stop();
            }
        }
    }
}
