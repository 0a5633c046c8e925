using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

public sealed class JournalWindowRaceTests
{
    [Fact]
    public async Task An_entry_that_was_read_before_it_is_offered_does_not_come_twice()
    {
        var window = WindowOver((after, upTo) => Numbers(after, upTo));
        window.Start(0, newest: 2);

        Assert.Equal([1, 2], await window.ReadAsync(10, CancellationToken.None));
        window.Offer(2);
        window.Offer(3);

        Assert.Equal([3], await window.ReadAsync(10, CancellationToken.None));
        Assert.True(window.IsDrained);
    }

    [Fact]
    public async Task What_was_being_read_when_the_window_started_anew_from_the_same_place_is_read_again()
    {
        JournalWindow<long>? window = null;
        var reads = 0;
        window = WindowOver((after, upTo) =>
        {
            if (++reads > 1)
            {
                return Numbers(after, upTo);
            }

            // As when a dead letter is retried after its page has been read, and before that is known.
            window!.Start(0, newest: 2);
            return [2];
        });
        window.Start(0, newest: 2);

        Assert.Equal([1, 2], await window.ReadAsync(10, CancellationToken.None));
        Assert.Equal(2, reads);
    }

    private static JournalWindow<long> WindowOver(Func<long, long, List<long>> read) =>
        new(number => number, _ => 1, (after, upTo) => (read(after, upTo), upTo));

    private static List<long> Numbers(long after, long upTo) => [.. Enumerable.Range((int)after + 1, (int)(upTo - after)).Select(number => (long)number)];
}
