using System.Text;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class CommandBacklogTests
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TestAgent _agent;

    public CommandBacklogTests() => _agent = new TestAgent
    {
        OnCall = async (call, token) =>
        {
            if (call.Text == "fails")
            {
                throw new CommandFailedException("No.");
            }

            await _release.Task.WaitAsync(token);
            return call.Text;
        },
    };

    [Theory]
    [InlineData("look")]
    [InlineData("say")]
    public async Task More_commands_than_memory_holds_are_each_carried_out_once_and_in_order(string name)
    {
        await using var host = AgentHost.Start(_agent);
        var expected = Texts(6_000);

        await SendAllAsync(host, name, expected);
        _release.SetResult();
        await SucceededAsync(host, expected.Length);

        Assert.Equal(expected, _agent.Calls.Select(call => call.Text));
    }

    [Fact]
    public async Task More_that_wait_than_memory_holds_keep_none_waiting_that_changes_nothing()
    {
        var held = _agent.OnCall;
        _agent.OnCall = (call, token) => call.Command == "look" ? Task.FromResult(call.Text) : held(call, token);
        await using var host = AgentHost.Start(_agent);
        var expected = Texts(3_000);
        await SendAllAsync(host, "say", expected);

        await host.WaitAsync(await host.SendAsync("look"), "succeeded");
        Assert.Equal(1, host.Get<EventJournal>().Tallies.Commands(CommandStatus.Succeeded));
        _release.SetResult();
        await SucceededAsync(host, expected.Length + 1);

        Assert.Equal(expected, _agent.Calls.Where(call => call.Command == "say").Select(call => call.Text));
    }

    [Fact]
    public async Task Commands_that_come_while_the_backlog_is_worked_off_find_their_place_behind_it()
    {
        await using var host = AgentHost.Start(_agent, new AgentOptions { Concurrency = 16 });
        var expected = Texts(12_000);

        await SendAllAsync(host, "look", expected[..6_000]);
        _release.SetResult();
        await SendAllAsync(host, "look", expected[6_000..]);
        await SucceededAsync(host, expected.Length);

        Assert.Equal(expected, _agent.Calls.Select(call => call.Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_old_command_that_is_retried_during_a_backlog_doubles_nothing_and_loses_nothing()
    {
        await using var host = AgentHost.Start(_agent);
        var failed = await host.SendAsync("say", "fails");
        await host.WaitAsync(failed, "failed");
        var expected = Texts(6_000);
        await SendAllAsync(host, "say", expected[..3_000]);

        await host.PostAsync($"/api/v1/commands/{failed}/retry");
        _release.SetResult();
        await SendAllAsync(host, "say", expected[3_000..]);
        await SucceededAsync(host, expected.Length);
        await host.WaitAsync(failed, "failed");

        Assert.Equal(2, _agent.Calls.Count(call => call.Text == "fails"));
        Assert.Equal(expected, _agent.Calls.Select(call => call.Text).Where(text => text != "fails"));
    }

    [Fact]
    public async Task Retries_amid_new_commands_double_nothing()
    {
        _release.SetResult();
        await using var host = AgentHost.Start(_agent, new AgentOptions { Concurrency = 4 });
        var dispatcher = host.Get<CommandDispatcher>();
        var failed = await host.SendAsync("say", "fails");
        var seq = (long)(await host.WaitAsync(failed, "failed"))["seq"]!;
        using var done = new CancellationTokenSource();
        var expected = Texts(20_000);

        var retrying = RetryUntilAsync(dispatcher, seq, done.Token);
        await SendAllAsync(host, "look", expected, filler: 2_000);
        await done.CancelAsync();
        var retries = await retrying;
        await SucceededAsync(host, expected.Length);
        await host.WaitAsync(failed, "failed");

        Assert.Equal(expected, _agent.Calls.Select(call => call.Text).Where(text => text != "fails").Order(StringComparer.Ordinal));
        Assert.Equal(1 + retries, _agent.Calls.Count(call => call.Text == "fails"));
        Assert.NotEqual(0, retries);
    }

    /// <summary>One after the other, each with a commit of its own, they take their time.</summary>
    private static Task<string> SucceededAsync(AgentHost host, int count)
    {
        var journal = host.Get<EventJournal>();
        return Eventually.GetAsync(
            () => Task.FromResult(journal.Tallies.Commands(CommandStatus.Succeeded) == count ? "" : null),
            () => $"{count} succeeded; there are {journal.Tallies.Commands(CommandStatus.Succeeded)}",
            limit: TimeSpan.FromSeconds(100));
    }

    private static async Task<int> RetryUntilAsync(CommandDispatcher dispatcher, long seq, CancellationToken done)
    {
        var retries = 0;
        while (!done.IsCancellationRequested)
        {
            if ((await dispatcher.RetryAsync(seq, CancellationToken.None)).Refusal is null)
            {
                retries++;
            }
        }

        return retries;
    }

    private static string[] Texts(int count) => [.. Enumerable.Range(0, count).Select(i => $"{i:00000}")];

    /// <summary>Far faster than over HTTP, in chunks small enough to keep their order.</summary>
    /// <param name="filler">Spaces that make a command longer to read back, and so what may happen meanwhile more likely.</param>
    private static async Task SendAllAsync(AgentHost host, string name, string[] texts, int filler = 0)
    {
        var dispatcher = host.Get<CommandDispatcher>();
        var spaces = new string(' ', filler);
        foreach (var chunk in texts.Chunk(500))
        {
            await Task.WhenAll(chunk.Select(text => dispatcher.SendAsync(
                new Command { Agent = "test-agent", Name = name, Source = "test", Payload = Encoding.UTF8.GetBytes($$"""{"text":"{{text}}"{{spaces}}}""") },
                CancellationToken.None)));
        }
    }
}
