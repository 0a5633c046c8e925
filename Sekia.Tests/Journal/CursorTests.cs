using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

public sealed class CursorTests
{
    [Fact]
    public async Task A_cursor_is_recorded_with_the_events_it_covers()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        await AppendAsync(fixture, "page-2");

        await fixture.CrashAsync();
        Assert.Equal("page-2", fixture.Journal.Reader.Cursor("github-agent"));
        Assert.Equal(1, fixture.Journal.Head);
    }

    [Fact]
    public async Task A_cursor_stays_where_it_was_when_its_events_are_not_recorded()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await AppendAsync(fixture, "page-2");
        await fixture.TakeRoomAsync();

        await Assert.ThrowsAsync<JournalUnavailableException>(() => AppendAsync(fixture, "page-3", payloadLength: 100_000));

        Assert.Equal("page-2", fixture.Journal.Reader.Cursor("github-agent"));
    }

    [Fact]
    public async Task A_crash_before_the_commit_leaves_neither_events_nor_cursor()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await AppendAsync(fixture, "page-2");
        await fixture.OnWriterAsync(transaction => transaction.Database.Execute("PRAGMA cache_size = 1"));
        using var inside = new HeldWrite();
        Task appending;
        using (await fixture.HoldWriterAsync())
        {
            appending = AppendAsync(fixture, "page-3", payloadLength: 100_000);
            _ = fixture.Journal.CommitAsync(inside, CancellationToken.None);
        }

        await inside.Entered.WaitAsync(JournalFixture.Limit);
        var copy = fixture.Copy();
        inside.Dispose();
        await appending.WaitAsync(JournalFixture.Limit);

        await fixture.GoOnWithAsync(copy);
        Assert.Equal(("page-2", 1), (fixture.Journal.Reader.Cursor("github-agent"), fixture.Journal.Head));
    }

    [Fact]
    public async Task A_batch_that_brings_only_a_cursor_is_recorded()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        await fixture.Journal.AppendAsync([], new SourceCursor("github-agent", ""), CancellationToken.None);

        Assert.Equal("", fixture.Journal.Reader.Cursor("github-agent"));
        Assert.Null(fixture.Journal.Reader.Cursor("slack-agent"));
    }

    [Fact]
    public async Task Events_read_again_after_a_crash_are_recorded_once()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await AppendAsync(fixture, "page-2", key: "issue-1");

        var again = await AppendAsync(fixture, "page-2", key: "issue-1");

        Assert.True(again[0].Duplicate);
        Assert.Equal(1, fixture.Query("SELECT count(*) FROM events"));
    }

    private static Task<IReadOnlyList<Accepted>> AppendAsync(JournalFixture fixture, string cursor, string? key = null, int payloadLength = 1) =>
        fixture.Journal.AppendAsync(
            [JournalFixture.Event(key: key, payload: $$"""{"text":"{{new string('x', payloadLength)}}"}""")],
            new SourceCursor("github-agent", cursor),
            CancellationToken.None);
}
