using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

public sealed class OpeningTests
{
    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_and_left_alone()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.PublishAsync(1);
        await fixture.OnWriterAsync(transaction => transaction.Database.Execute("PRAGMA user_version = 99"));
        await fixture.Journal.StopAsync(CancellationToken.None);

        // Twice: the first refusal must not keep the file.
        for (var i = 0; i < 2; i++)
        {
            var refusal = await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.Build().StartAsync(CancellationToken.None));
            Assert.Equal(
                $"The journal has schema version 99; this Sekia knows versions up to {Schema.Version}. Start the newer Sekia that wrote it, or set Journal:Path to another file.",
                refusal.Message);
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var path = fixture.Folder.File("notes.txt");
        await File.WriteAllTextAsync(path, new string('n', 5_000));
        fixture.Options.Current.Path = path;

        for (var i = 0; i < 2; i++)
        {
            var refusal = await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.Build().StartAsync(CancellationToken.None));
            Assert.StartsWith($"The journal {path} cannot be opened: the journal's database says: file is not a database", refusal.Message, StringComparison.Ordinal);
            Assert.EndsWith("set Journal:Path to another file.", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal(new string('n', 5_000), await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task A_second_host_on_the_same_file_is_refused()
    {
        await using var fixture = await JournalFixture.OpenAsync();

        var refusal = await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.Build().StartAsync(CancellationToken.None));

        Assert.Equal(
            $"Another Sekia is running with the journal {fixture.Journal.Path}. Stop it, or set Journal:Path to another file for this one.", refusal.Message);
        await fixture.PublishAsync(1);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_named()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        fixture.Folder.Write("file", "");
        fixture.Options.Current.Path = fixture.Folder.File("file/sekia.db");

        var refusal = await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.Build().StartAsync(CancellationToken.None));

        Assert.StartsWith("The journal's directory cannot be used: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_clean_stop_everything_is_in_one_file()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.PublishAsync(10);
        Assert.NotNull(fixture.Journal.Reader.Event(10));
        var path = fixture.Journal.Path;

        await fixture.Journal.StopAsync(CancellationToken.None);

        Assert.False(File.Exists(path + "-wal"));
        using var database = Database.OpenForReading(path);
        Assert.Equal(10, database.QueryNumber("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task In_memory_nothing_is_left_behind()
    {
        await using var fixture = await JournalFixture.OpenAsync(new JournalOptions { Mode = JournalMode.Memory });
        await fixture.PublishAsync(10);
        Assert.NotNull(fixture.Journal.Reader.Event(10));
        var folder = Path.GetDirectoryName(fixture.Journal.Path)!;
        Assert.NotEqual(fixture.Folder.Path, folder);

        await fixture.Journal.StopAsync(CancellationToken.None);
        await fixture.Journal.DisposeAsync();

        Assert.False(Directory.Exists(folder));
        Assert.Empty(Directory.EnumerateFileSystemEntries(fixture.Folder.Path));
    }

    [Fact]
    public async Task What_is_not_open_says_so()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        await fixture.Journal.StopAsync(CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<JournalUnavailableException>(() => fixture.PublishAsync(1));
        Assert.Equal("The journal is not open: the host is starting or stopping.", refusal.Message);
        Assert.Equal("the journal is not open", fixture.Journal.UnavailableBecause);
        await fixture.Build().DisposeAsync();
    }

    [Fact]
    public async Task Sums_and_numbers_go_on_where_they_were()
    {
        await using var fixture = await JournalFixture.OpenAsync();
        var accepted = await fixture.PublishAsync(10);
        await fixture.Journal.AddCommandAsync(JournalFixture.Command(), CancellationToken.None);

        await fixture.ReopenAsync();

        Assert.Equal((10L, 10L, 1L), (fixture.Journal.Head, fixture.Journal.Tallies.Events, fixture.Journal.Tallies.Commands(CommandStatus.Pending)));
        Assert.Equal(accepted[9].Id, fixture.Journal.Reader.Event(10)!.Id);
        Assert.Equal(11, (await fixture.PublishAsync(1))[0].Seq);
    }
}
