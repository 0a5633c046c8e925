using System.Text;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;
using Sekia.Modules.Journal;
using Sekia.Tests.Support;

namespace Sekia.Tests.Journal;

/// <summary>A journal on a real file in a folder of its own, which a test stops, starts again and crashes.</summary>
internal sealed class JournalFixture : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<EventJournal> _crashed = [];
    private readonly TemporaryFolder _folder = new();

    private JournalFixture(JournalOptions options, TimeProvider clock)
    {
        Options = new LiveOptions<JournalOptions>(options);
        Clock = clock;
        Journal = Build();
    }

    public LiveOptions<JournalOptions> Options { get; }

    public TimeProvider Clock { get; }

    public LiveFeed Feed { get; } = new();

    public CollectedLog<EventJournal> Log { get; } = new();

    public EventJournal Journal { get; private set; }

    public EventBus Bus => new(Journal, Feed);

    public TemporaryFolder Folder => _folder;

    /// <summary>Opens a journal in an empty folder.</summary>
    public static async Task<JournalFixture> OpenAsync(JournalOptions? options = null, TimeProvider? clock = null)
    {
        var fixture = new JournalFixture(options ?? new JournalOptions(), clock ?? TimeProvider.System);
        await fixture.Journal.StartAsync(CancellationToken.None);
        return fixture;
    }

    /// <summary>A journal on the same file that is not started.</summary>
    public EventJournal Build() =>
        new(Options, Feed, Clock, new HostingEnvironment { ContentRootPath = _folder.Path }, Log);

    /// <summary>Stops the host and starts it again.</summary>
    public async Task ReopenAsync()
    {
        await Journal.StopAsync(CancellationToken.None);
        await StartAgainAsync();
    }

    /// <summary>Goes on with what a <c>kill -9</c> between two transactions leaves.</summary>
    public async Task CrashAsync()
    {
        string copy;
        using (await HoldWriterAsync())
        {
            copy = Copy();
        }

        await GoOnWithAsync(copy);
    }

    /// <summary>
    /// Keeps what a <c>kill -9</c> at this instant leaves: the file and its log as they are, and nothing of what is in memory. The writer
    /// must be held.
    /// </summary>
    public string Copy()
    {
        var copy = _folder.File($"crash-{_crashed.Count}/sekia.db");
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(Journal.Path, copy);
        if (File.Exists(Journal.Path + "-wal"))
        {
            File.Copy(Journal.Path + "-wal", copy + "-wal");
        }

        return copy;
    }

    /// <summary>Starts again on a copy that was kept.</summary>
    public async Task GoOnWithAsync(string copy)
    {
        _crashed.Add(Journal);
        Options.Current.Path = copy;
        await StartAgainAsync();
    }

    /// <summary>Keeps the writer inside an open transaction until disposed: whatever is handed over meanwhile gathers.</summary>
    public async Task<IDisposable> HoldWriterAsync()
    {
        var hold = new HeldWrite();
        _ = Journal.CommitAsync(hold, CancellationToken.None);
        await hold.Entered.WaitAsync(Limit);
        return hold;
    }

    /// <summary>Does something on the write connection, in a transaction.</summary>
    public Task OnWriterAsync(Action<JournalTransaction> action) => Journal.CommitAsync(new TestWrite(action), CancellationToken.None);

    /// <summary>The file may not grow any more: what SQLite says to the next page is what it says when the disk is full.</summary>
    public Task TakeRoomAsync() => OnWriterAsync(transaction => transaction.Database.Execute("PRAGMA max_page_count = 1"));

    /// <summary>Whoever shares its transaction and finds no room yet makes it fail too, so it may take several.</summary>
    public async Task GiveRoomAsync()
    {
        Task given;
        do
        {
            given = OnWriterAsync(transaction => transaction.Database.Execute("PRAGMA max_page_count = 1000000"));
            await given.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!given.IsCompletedSuccessfully);
    }

    /// <summary>Asks the file a question over a connection of its own.</summary>
    public long Query(string sql)
    {
        using var database = Database.OpenForReading(Journal.Path);
        return database.QueryNumber(sql);
    }

    /// <summary>The start and the stop of a host around the journal, which come when a test says so.</summary>
    public ApplicationLifetime Lifetime { get; } = new(NullLogger<ApplicationLifetime>.Instance);

    public Retention Retention() => new(Journal, Options, Clock, Lifetime, NullLogger<Retention>.Instance);

    public Task<Consumer> ConsumeAsync(string name = "workflow:test", params string[] patterns) => Journal.OpenConsumerAsync(
        name, [.. (patterns is [] ? ["sekia.events.>"] : patterns).Select(SubjectPattern.Parse)], CancellationToken.None);

    public async Task<IReadOnlyList<Accepted>> PublishAsync(int count, string subject = "sekia.events.test") =>
        await Bus.PublishAsync([.. Enumerable.Range(0, count).Select(_ => Event(subject))], CancellationToken.None);

    public static Event Event(string subject = "sekia.events.test", string? key = null, string source = "test", string payload = "{}") => new()
    {
        Subject = subject,
        Type = "test.thing.happened",
        Source = source,
        Key = key,
        Payload = Encoding.UTF8.GetBytes(payload),
    };

    public static Command Command(string? key = null, string source = "workflow:test", string agent = "http-agent") =>
        new() { Agent = agent, Name = "request", Source = source, Key = key, Payload = "{}"u8.ToArray() };

    public async ValueTask DisposeAsync()
    {
        foreach (var journal in _crashed.Append(Journal))
        {
            await journal.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task StartAgainAsync()
    {
        Journal = Build();
        await Journal.StartAsync(CancellationToken.None);
    }
}
