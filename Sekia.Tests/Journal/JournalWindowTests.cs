using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

public sealed class JournalWindowTests
{
    private readonly List<long> _journal = [];
    private Action<long, long> _onRead = (_, _) => { };

    [Fact]
    public async Task What_keeps_up_comes_from_memory()
    {
        var window = Window();
        window.Start(0, 0);
        _onRead = (_, _) => Assert.Fail("the journal was read");

        Record(window, 1, 3);

        Assert.Equal([1, 3], await window.ReadAsync(10, CancellationToken.None));
    }

    [Fact]
    public async Task No_more_comes_than_was_asked_for()
    {
        _journal.AddRange([1, 2, 3, 4, 5]);
        var window = Window();
        window.Start(0, 5);

        Assert.Equal([1, 2], await window.ReadAsync(2, CancellationToken.None));
        Assert.Equal([3], await window.ReadAsync(1, CancellationToken.None));
        Assert.Equal([4, 5], await window.ReadAsync(100, CancellationToken.None));
        Assert.True(window.IsDrained);
    }

    [Fact]
    public async Task What_was_found_in_the_journal_does_not_come_again_when_it_is_offered()
    {
        // An entry is in the journal, and the head counts it, an instant before it is offered.
        var window = Window();
        _journal.Add(1);
        window.Start(0, 1);
        Assert.Equal([1], await window.ReadAsync(10, CancellationToken.None));

        window.Offer(1);
        Record(window, 2);

        Assert.Equal([2], await window.ReadAsync(10, CancellationToken.None));
        Assert.True(window.IsDrained);
    }

    [Fact]
    public async Task What_was_read_before_a_new_start_does_not_count()
    {
        // The new start is because entry 1, behind which the reader already was, has to come once more.
        var window = Window();
        _journal.Add(2);
        window.Start(0, 2);
        _onRead = (_, _) =>
        {
            _onRead = (_, _) => { };
            window.Start(0, 2);
            _journal.Insert(0, 1);
        };

        Assert.Equal([1, 2], await window.ReadAsync(10, CancellationToken.None));
    }

    [Fact]
    public async Task Beyond_its_bound_memory_holds_nothing_and_the_journal_is_read()
    {
        var window = Window();
        window.Start(0, 0);
        var reads = 0;
        _onRead = (_, _) => reads++;

        Record(window, [.. Enumerable.Range(1, 10_000).Select(n => (long)n)]);

        var read = new List<long>();
        while (read.Count < 10_000)
        {
            read.AddRange(await window.ReadAsync(700, CancellationToken.None));
        }

        Assert.Equal(_journal, read);
        Assert.InRange(reads, 1, int.MaxValue);
        Assert.True(window.IsDrained);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_entry_comes_once_and_in_order_whatever_the_pace(int seed)
    {
        const int Count = 100_000;
        var window = Window();
        window.Start(0, 0);
        var pace = new Random(seed);
        var writing = Task.Run(() =>
        {
            for (var n = 1L; n <= Count; n++)
            {
                Record(window, n);
            }
        });

        var expected = 1L;
        while (expected <= Count)
        {
            var asked = pace.Next(1, pace.Next(2) == 0 ? 8 : 4_000);
            var entries = await window.ReadAsync(asked, CancellationToken.None).AsTask().WaitAsync(JournalFixture.Limit);
            Assert.InRange(entries.Count, 1, asked);
            foreach (var entry in entries)
            {
                Assert.Equal(expected++, entry);
            }
        }

        await writing;
        Assert.True(window.IsDrained);
    }

    [Fact]
    public async Task Started_anew_at_any_moment_it_goes_on_from_there()
    {
        const int Count = 50_000;
        var window = Window();
        window.Start(0, 0);
        var pace = new Random(7);
        var writing = Task.Run(() =>
        {
            for (var n = 1L; n <= Count; n++)
            {
                Record(window, n);
            }
        });

        var done = 0L;
        while (done < Count)
        {
            var entries = await window.ReadAsync(pace.Next(1, 500), CancellationToken.None).AsTask().WaitAsync(JournalFixture.Limit);
            Assert.Equal(done + 1, entries[0]);
            Assert.Equal(done + entries.Count, entries[^1]);
            if (pace.Next(4) == 0)
            {
                window.Start(done, Newest());
            }
            else
            {
                done = entries[^1];
            }
        }

        await writing;
    }

    private JournalWindow<long> Window() => new(n => n, _ => 256, Read);

    /// <summary>As the writer does it: first the journal, then whoever listens.</summary>
    private void Record(JournalWindow<long> window, params long[] entries)
    {
        foreach (var entry in entries)
        {
            lock (_journal)
            {
                _journal.Add(entry);
            }

            window.Offer(entry);
        }
    }

    private long Newest()
    {
        lock (_journal)
        {
            return _journal[^1];
        }
    }

    private (List<long> Entries, long UpTo) Read(long after, long upTo)
    {
        lock (_journal)
        {
            var at = _journal.BinarySearch(after + 1);
            var found = _journal.Skip(at < 0 ? ~at : at).TakeWhile(n => n <= upTo).Take(1_000).ToList();
            _onRead(after, upTo);
            return (found, found.Count < 1_000 ? upTo : found[^1]);
        }
    }
}
