using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

/// <summary>How SQLite goes about the questions that are asked of journals with millions of rows.</summary>
public sealed class QueryPlanTests
{
    public static TheoryData<string, string> Questions => new()
    {
        { CommandReader.Listing(CommandStatus.Pending), "commands_open" },
        { CommandReader.Listing(CommandStatus.Failed), "commands_dead" },
        { RunReader.DeadRuns, "runs_dead" },
    };

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task What_is_rare_is_found_by_its_index_and_only_numbers_are_sorted(string question, string index)
    {
        var plan = await PlanAsync(question);

        Assert.Contains(plan, step => $"{step.Text} ".Contains($"USING INDEX {index} ", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, step => step.Text.Contains("(rowid<", StringComparison.Ordinal) || step.Text.Contains("(rowid>", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, step => step.Text.Contains("ORDER BY", StringComparison.Ordinal) && step.Parent == 0);
    }

    [Fact]
    public async Task The_oldest_and_the_newest_run_are_found_without_looking_at_the_others()
    {
        var plan = await PlanAsync(RunReader.Ends);

        Assert.Equal(2, plan.Count(step => step.Text.StartsWith("SEARCH", StringComparison.Ordinal)));
        Assert.DoesNotContain(plan, step => step.Text.Contains("INDEX", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_listing_of_a_status_goes_on_from_page_to_page()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        foreach (var agent in (string[])["b", "a", "c", "a", "b"])
        {
            await fixture.Journal.AddCommandAsync(JournalFixture.Command(agent: agent), CancellationToken.None);
        }

        var (first, next) = fixture.Journal.Reader.Commands(new CommandFilter(CommandStatus.Pending), long.MaxValue, 3, long.MaxValue);
        var (second, end) = fixture.Journal.Reader.Commands(new CommandFilter(CommandStatus.Pending), next!.Value, 3, long.MaxValue);

        Assert.Equal([5L, 4, 3, 2, 1], first.Concat(second).Select(command => command.Seq));
        Assert.Null(end);
    }

    [Fact]
    public async Task What_waits_for_nobody_is_counted_by_agent_and_up_to_a_bound()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        foreach (var agent in (string[])["b", "a", "c", "a", "b", "a"])
        {
            await fixture.Journal.AddCommandAsync(JournalFixture.Command(agent: agent), CancellationToken.None);
        }

        Assert.Equal([("a", 3L), ("c", 1L)], fixture.Journal.Reader.CountForNobody(agent => agent == "b", most: 100));
        Assert.Equal([("a", 2L)], fixture.Journal.Reader.CountForNobody(agent => agent == "b", most: 2));
        Assert.Empty(fixture.Journal.Reader.CountForNobody(_ => true, most: 100));
    }

    private static async Task<List<(long Parent, string Text)>> PlanAsync(string question)
    {
        await using var fixture = await JournalFixture.OpenAsync();
        using var database = Database.OpenForReading(fixture.Journal.Path);
        using var rows = database.Prepare("EXPLAIN QUERY PLAN " + question);
        var plan = new List<(long, string)>();
        while (rows.Step())
        {
            plan.Add((rows.Number(1), rows.Text(3)));
        }

        return plan;
    }
}
