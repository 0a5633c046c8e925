using System.Text;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

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

    private static async Task<Command> WithItsAgentAsync(JournalFixture fixture)
    {
        var command = new Command { Agent = "test-agent", Name = "say", Source = "test" };
        await fixture.Journal.AddCommandAsync(command, CancellationToken.None);
        await fixture.Journal.CommitAsync(
            new UpdateCommand(fixture.Journal, command, CommandState.Of(command) with { Status = CommandStatus.Running, Attempts = 1 }, announcement: null), CancellationToken.None);
        return command;
    }
}
