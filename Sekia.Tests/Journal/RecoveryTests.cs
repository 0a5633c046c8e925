using System.Text;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Journal;

public sealed class RecoveryTests
{
    [Fact]
    public async Task A_command_that_was_with_its_agent_at_a_crash_is_uncertain_and_whoever_waits_for_its_end_hears_of_it()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var watch = await fixture.Journal.OpenConsumerAsync("workflow:watch", [SubjectPattern.Parse("sekia.events.>")], CancellationToken.None);
        var command = await WithItsAgentAsync(fixture);
        await fixture.CrashAsync();

        watch = await fixture.Journal.OpenConsumerAsync("workflow:watch", watch.Patterns, CancellationToken.None);
        var told = Assert.Single(await watch.ReadAsync(10, CancellationToken.None).AsTask().WaitAsync(JournalFixture.Limit));

        Assert.Equal(("command.failed", new Cause(Command: command.Seq)), (told.Type, told.Cause));
        Assert.Contains($"\"id\":\"{command.Id}\"", Encoding.UTF8.GetString(told.Payload.Span), StringComparison.Ordinal);
        Assert.Equal((CommandStatus.Uncertain, 1), fixture.Journal.Reader.Command(command.Seq) is { } found ? (found.Status, found.Attempts) : default);
        Assert.Equal((1, 0), (fixture.Journal.Tallies.Commands(CommandStatus.Uncertain), fixture.Journal.Tallies.Commands(CommandStatus.Running)));
    }

    [Fact]
    public async Task When_nobody_waits_for_it_nothing_is_announced()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.Journal.OpenConsumerAsync("workflow:other", [SubjectPattern.Parse("sekia.events.github")], CancellationToken.None);
        var command = await WithItsAgentAsync(fixture);

        await fixture.CrashAsync();

        Assert.Equal(CommandStatus.Uncertain, fixture.Journal.Reader.Command(command.Seq)!.Status);
        Assert.Equal(0, fixture.Journal.Head);
    }

    [Fact]
    public async Task A_command_that_was_running_in_a_crash_is_uncertain_and_waits_for_a_person()
    {
        var clock = new TestClock();
        await using var fixture = await JournalFixture.OpenAsync(clock: clock);
        await AddAsync(fixture, new CommandState(CommandStatus.Running) { Attempts = 1, StartedAt = 5 });
        await AddAsync(fixture, new CommandState(CommandStatus.Succeeded) { Attempts = 1, EndedAt = 5 });
        clock.Advance(TimeSpan.FromHours(1));

        await fixture.CrashAsync();

        var command = fixture.Journal.Reader.Command(1)!;
        Assert.Equal((CommandStatus.Uncertain, clock.GetUtcNow().ToUnixTimeMilliseconds()), (command.Status, command.EndedAt));
        Assert.Equal("The host stopped while the command was with the agent. Look whether it was carried out; then retry or dismiss it.", command.Reason);
        Assert.Equal([0L, 0L, 1L, 0L, 0L, 1L], Enum.GetValues<CommandStatus>().Select(fixture.Journal.Tallies.Commands));
        Assert.Equal(LogLevel.Warning, Assert.Single(fixture.Log.Lines).Level);
    }

    [Fact]
    public async Task A_pending_command_keeps_the_time_of_its_next_attempt()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await AddAsync(fixture, new CommandState(CommandStatus.Pending) { Attempts = 3, NextAttemptAt = 4_102_444_800_000, Reason = "503" });

        await fixture.CrashAsync();

        var command = Assert.Single(fixture.Journal.Reader.PendingCommands("http-agent", 0, long.MaxValue, 10));
        Assert.Equal((CommandStatus.Pending, 3, 4_102_444_800_000, "503"), (command.Status, command.Attempts, command.NextAttemptAt, command.Reason));
        Assert.Equal(1, fixture.Journal.Tallies.Commands(CommandStatus.Pending));
        Assert.Empty(fixture.Log.Lines);
    }

    [Fact]
    public async Task Recovering_twice_finds_nothing_more()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await AddAsync(fixture, new CommandState(CommandStatus.Running) { Attempts = 1 });

        await fixture.CrashAsync();
        await fixture.CrashAsync();

        Assert.Equal(1, fixture.Journal.Tallies.Commands(CommandStatus.Uncertain));
        Assert.Single(fixture.Log.Lines);
    }

    private static async Task<Command> WithItsAgentAsync(JournalFixture fixture)
    {
        var command = new Command { Agent = "test-agent", Name = "say", Source = "test" };
        await fixture.Journal.AddCommandAsync(command, CancellationToken.None);
        await fixture.Journal.CommitAsync(
            new UpdateCommand(fixture.Journal, command, CommandState.Of(command) with { Status = CommandStatus.Running, Attempts = 1 }, announcement: null), CancellationToken.None);
        return command;
    }

    private static async Task AddAsync(JournalFixture fixture, CommandState state)
    {
        var command = JournalFixture.Command();
        await fixture.Journal.AddCommandAsync(command, CancellationToken.None);
        await fixture.Journal.CommitAsync(new UpdateCommand(fixture.Journal, command, state, announcement: null), CancellationToken.None);
    }
}
