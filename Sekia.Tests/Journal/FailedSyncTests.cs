using Microsoft.Extensions.Logging;
using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

/// <summary>The disk takes what is written, and then does not force it down.</summary>
public sealed class FailedSyncTests
{
    [Fact]
    public async Task What_was_refused_is_not_there_after_a_crash_either()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.PublishAsync(3);
        await RefuseAsync(fixture);

        await fixture.GoOnWithAsync(fixture.Copy());

        Assert.Equal((3, 3), (fixture.Query("SELECT count(*) FROM events"), fixture.Journal.Head));
        Assert.Equal(3, fixture.Journal.Tallies.Events);
    }

    [Fact]
    public async Task Service_resumes_and_what_was_refused_left_no_gap()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.PublishAsync(3);
        for (var round = 0; round < 3; round++)
        {
            await RefuseAsync(fixture);
            await fixture.PublishAsync(1);
        }

        await fixture.CrashAsync();

        Assert.Equal((6, 6, 6), (fixture.Query("SELECT count(*) FROM events"), fixture.Query("SELECT max(seq) FROM events"), fixture.Journal.Head));
        Assert.Null(fixture.Journal.UnavailableBecause);
        Assert.Equal([LogLevel.Error, LogLevel.Information], fixture.Log.Lines.Select(line => line.Level).Take(2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_refused_is_not_there_later_when_the_file_could_not_even_be_opened_again_at_once(bool stopped)
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.PublishAsync(3);
        var (folder, away) = (Path.GetDirectoryName(fixture.Journal.Path)!, fixture.Folder.File("away"));
        Directory.Move(folder, away);
        await RefuseAsync(fixture);
        Assert.Contains("unable to open", (await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.PublishAsync(1))).Message, StringComparison.Ordinal);
        Directory.Move(away, folder);

        if (stopped)
        {
            await fixture.ReopenAsync();
        }
        else
        {
            await fixture.CrashAsync();
        }

        Assert.Equal((3, 3), (fixture.Query("SELECT count(*) FROM events"), fixture.Journal.Head));
    }

    private static async Task RefuseAsync(JournalFixture fixture)
    {
        await fixture.OnWriterAsync(transaction => FailingSync.Begin(transaction.Database));
        var refusal = await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.PublishAsync(1));
        Assert.Equal($"Nothing is accepted now: the journal {fixture.Journal.Path} cannot be written: the journal's database says: disk I/O error (SQLite code {FailingSync.Code}).", refusal.Message);
    }
}
