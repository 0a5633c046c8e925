using Sekia.Modules.Bus;

namespace Sekia.Tests.Journal;

public sealed class SourceKeyTests
{
    [Fact]
    public async Task The_same_key_twice_is_accepted_twice_and_recorded_once()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();

        var first = await fixture.Bus.PublishAsync(JournalFixture.Event(key: "delivery-1"), CancellationToken.None);
        var second = await fixture.Bus.PublishAsync(JournalFixture.Event(key: "delivery-1"), CancellationToken.None);

        Assert.False(first.Duplicate);
        Assert.Equal(first with { Duplicate = true }, second);
        Assert.Equal(1, fixture.Journal.Tallies.Events);
        Assert.Equal(1, consumer.Sums.Delivered);
    }

    [Fact]
    public async Task The_same_key_twice_in_one_batch_is_recorded_once()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var consumer = await fixture.ConsumeAsync();

        var accepted = await fixture.Bus.PublishAsync(
            [JournalFixture.Event(key: "a"), JournalFixture.Event(), JournalFixture.Event(key: "a"), JournalFixture.Event(key: "b")], CancellationToken.None);

        Assert.Equal([1L, 2L, 1L, 3L], accepted.Select(one => one.Seq));
        Assert.Equal([false, false, true, false], accepted.Select(one => one.Duplicate));
        Assert.Equal([1L, 2L, 3L], (await consumer.ReadExactlyAsync(3)).Select(evt => evt.Seq));
    }

    [Fact]
    public async Task The_same_key_from_many_at_once_is_recorded_once()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        var accepted = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Task.Run(() =>
            fixture.Bus.PublishAsync(JournalFixture.Event(key: $"delivery-{n % 10}"), CancellationToken.None)))).WaitAsync(JournalFixture.Limit);

        Assert.Equal(10, accepted.Count(one => !one.Duplicate));
        Assert.Equal(10, accepted.Select(one => one.Id).Distinct().Count());
        Assert.Equal(10, fixture.Query("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task The_same_key_from_two_sources_is_two_events()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        await fixture.Bus.PublishAsync(JournalFixture.Event(key: "1", source: "github"), CancellationToken.None);
        var other = await fixture.Bus.PublishAsync(JournalFixture.Event(key: "1", source: "slack"), CancellationToken.None);

        Assert.Equal((2, false), (other.Seq, other.Duplicate));
    }

    [Fact]
    public async Task A_key_is_remembered_over_a_crash()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var first = await fixture.Bus.PublishAsync(JournalFixture.Event(key: "delivery-1"), CancellationToken.None);

        await fixture.CrashAsync();

        Assert.Equal(first with { Duplicate = true }, await fixture.Bus.PublishAsync(JournalFixture.Event(key: "delivery-1"), CancellationToken.None));
    }

    [Fact]
    public async Task A_key_whose_event_was_not_recorded_is_free()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.TakeRoomAsync();
        var refused = JournalFixture.Event(key: "delivery-1", payload: $$"""{"text":"{{new string('x', 100_000)}}"}""");
        await Assert.ThrowsAnyAsync<Exception>(() => fixture.Bus.PublishAsync(refused, CancellationToken.None));

        await fixture.GiveRoomAsync();

        Assert.False((await fixture.Bus.PublishAsync(refused, CancellationToken.None)).Duplicate);
    }

    [Fact]
    public async Task Commands_have_keys_of_their_own()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var carriedOut = new List<long>();
        fixture.Journal.SendCommandsTo(command => carriedOut.Add(command.Seq), _ => { });
        await fixture.Bus.PublishAsync(JournalFixture.Event(key: "1", source: "api"), CancellationToken.None);

        var first = await fixture.Journal.AddCommandAsync(JournalFixture.Command(key: "1", source: "api"), CancellationToken.None);
        var second = await fixture.Journal.AddCommandAsync(JournalFixture.Command(key: "1", source: "api"), CancellationToken.None);
        await fixture.Journal.AddCommandAsync(JournalFixture.Command(key: "1", source: "mcp"), CancellationToken.None);

        Assert.False(first.Duplicate);
        Assert.Equal(first with { Duplicate = true }, second);
        Assert.Equal([1L, 2L], carriedOut);
        Assert.Equal(2, fixture.Journal.Tallies.Commands(CommandStatus.Pending));
    }

    [Fact]
    public async Task Keys_that_a_cut_text_would_make_alike_are_told_apart()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var same = new string('k', 400);

        await fixture.Journal.AddCommandAsync(JournalFixture.Command(key: same + "\0a"), CancellationToken.None);

        Assert.False((await fixture.Journal.AddCommandAsync(JournalFixture.Command(key: same + "\0b"), CancellationToken.None)).Duplicate);
    }
}
