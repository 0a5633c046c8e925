using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

public sealed class JournalIdTests
{
    [Fact]
    public void The_number_comes_back_out_of_any_id()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var number = random.NextInt64(1L << random.Next(1, 43));
            var id = JournalId.Of(JournalId.Command, number, random.NextInt64(1L << 48), (uint)random.NextInt64(1L << 32));

            Assert.Equal(number, JournalId.NumberIn(JournalId.Command, id));
        }
    }

    [Fact]
    public void It_is_a_uuid_of_version_8_that_sorts_by_time()
    {
        var earlier = JournalId.Of(JournalId.Event, 2, 1_700_000_000_000, uint.MaxValue);
        var later = JournalId.Of(JournalId.Event, 1, 1_700_000_000_001, 0);

        Assert.Matches("^evt_[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", earlier);
        Assert.True(string.CompareOrdinal(earlier, later) < 0);
    }

    [Fact]
    public void Ids_of_one_journal_differ_by_number_time_and_salt()
    {
        var id = JournalId.Of(JournalId.Event, 7, 1_700_000_000_000, 99);

        Assert.NotEqual(id, JournalId.Of(JournalId.Event, 8, 1_700_000_000_000, 99));
        Assert.NotEqual(id, JournalId.Of(JournalId.Event, 7, 1_700_000_000_001, 99));
        for (var bit = 0; bit < 32; bit++)
        {
            Assert.NotEqual(id, JournalId.Of(JournalId.Event, 7, 1_700_000_000_000, 99 ^ (1u << bit)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("cmd_")]
    [InlineData("cmd_1")]
    [InlineData("evt_018bcfe5-6800-8000-8000-000000000001")]
    [InlineData("CMD_018bcfe5-6800-8000-8000-000000000001")]
    [InlineData("cmd_{018bcfe5-6800-8000-8000-000000000001}")]
    [InlineData("cmd_018bcfe5680080008000000000000001")]
    public void What_is_no_id_of_this_kind_has_no_number(string text)
    {
        Assert.Null(JournalId.NumberIn(JournalId.Command, text));
    }

    [Fact]
    public async Task A_forged_or_foreign_id_does_not_match_the_entry_it_leads_to()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await using var foreign = await JournalFixture.OpenAsync();
        var own = (await fixture.Bus.PublishAsync(JournalFixture.Event(), CancellationToken.None)).Id;
        var other = (await foreign.Bus.PublishAsync(JournalFixture.Event(), CancellationToken.None)).Id;

        Assert.True(Finds(fixture, own));
        Assert.False(Finds(fixture, other));
        Assert.False(Finds(fixture, own.ToUpperInvariant()));
        Assert.False(Finds(fixture, own + " "));
        for (var at = JournalId.Event.Length; at < own.Length; at++)
        {
            if (own[at] != '-')
            {
                Assert.False(Finds(fixture, string.Concat(own.AsSpan(0, at), own[at] == 'a' ? "b" : "a", own.AsSpan(at + 1))));
            }
        }
    }

    /// <summary>As everyone does who is given an id.</summary>
    private static bool Finds(JournalFixture fixture, string id) =>
        JournalId.NumberIn(JournalId.Event, id) is { } seq && fixture.Journal.Reader.Event(seq)?.Id == id;
}
