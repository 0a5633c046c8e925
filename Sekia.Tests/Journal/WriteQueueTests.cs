using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Tests.Journal;

public sealed class WriteQueueTests
{
    [Fact]
    public async Task A_full_queue_makes_the_next_one_wait()
    {
        var queue = new WriteQueue(maxWrites: 2, maxBytes: long.MaxValue);
        await AddAsync(queue, Some());
        await AddAsync(queue, Some());

        var third = AddAsync(queue, Some());

        Assert.False(third.IsCompleted);
        Assert.Equal(2, Take(queue).Count);
        await third.WaitAsync(JournalFixture.Limit);
        Assert.Single(Take(queue));
    }

    [Fact]
    public async Task Bytes_count_as_well_as_numbers()
    {
        var queue = new WriteQueue(maxWrites: 100, maxBytes: 600);
        await AddAsync(queue, Some());
        await AddAsync(queue, Some());

        Assert.False(AddAsync(queue, Some()).IsCompleted);
    }

    [Fact]
    public void A_write_larger_than_the_queue_enters_alone()
    {
        var queue = new WriteQueue(maxWrites: 100, maxBytes: 1);

        Assert.True(AddAsync(queue, Some()).IsCompletedSuccessfully);
        Assert.False(AddAsync(queue, Some()).IsCompleted);
    }

    [Fact]
    public async Task Those_who_wait_enter_in_the_order_they_came()
    {
        var queue = new WriteQueue(maxWrites: 3, maxBytes: long.MaxValue);
        var writes = Enumerable.Range(0, 100).Select(_ => Some()).ToList();
        var added = writes.ConvertAll(write => AddAsync(queue, write));

        var taken = new List<Write>();
        while (taken.Count < writes.Count)
        {
            taken.AddRange(Take(queue));
        }

        Assert.Equal(writes, taken);
        await Task.WhenAll(added).WaitAsync(JournalFixture.Limit);
    }

    [Fact]
    public async Task A_newcomer_does_not_overtake_those_who_wait()
    {
        var queue = new WriteQueue(maxWrites: 1, maxBytes: long.MaxValue);
        var (first, second, third, newcomer) = (Some(), Some(), Some(), Some());
        var waiting = new[] { first, second, third }.Select(write => AddAsync(queue, write)).ToList();

        Assert.Equal([first], Take(queue));
        waiting.Add(AddAsync(queue, newcomer));

        Assert.Equal([second], Take(queue));
        Assert.Equal([third], Take(queue));
        Assert.Equal([newcomer], Take(queue));
        await Task.WhenAll(waiting).WaitAsync(JournalFixture.Limit);
    }

    [Fact]
    public async Task A_small_one_that_would_fit_does_not_overtake_a_large_one_that_waits()
    {
        var queue = new WriteQueue(maxWrites: 100, maxBytes: 1_000);
        var (first, large, small) = (Some(600), Some(900), Some(1));
        await AddAsync(queue, first);
        Task[] waiting = [AddAsync(queue, large), AddAsync(queue, small)];

        Assert.Equal([first], Take(queue));
        Assert.Equal([large, small], Take(queue));
        await Task.WhenAll(waiting).WaitAsync(JournalFixture.Limit);
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_is_not_recorded()
    {
        var queue = new WriteQueue(maxWrites: 1, maxBytes: long.MaxValue);
        using var givingUp = new CancellationTokenSource();
        var (first, second, third) = (Some(), Some(), Some());
        await AddAsync(queue, first);
        var abandoned = AddAsync(queue, second, givingUp.Token);
        var patient = AddAsync(queue, third);

        await givingUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        Assert.Equal([first], Take(queue));
        await patient.WaitAsync(JournalFixture.Limit);
        Assert.Equal([third], Take(queue));
    }

    [Fact]
    public async Task A_closed_queue_refuses_newcomers_and_those_who_wait_but_gives_out_what_it_has()
    {
        var queue = new WriteQueue(maxWrites: 1, maxBytes: long.MaxValue);
        var first = Some();
        await AddAsync(queue, first);
        var waiting = AddAsync(queue, Some());

        queue.Close();

        await Assert.ThrowsAsync<JournalUnavailableException>(() => waiting.WaitAsync(JournalFixture.Limit));
        await Assert.ThrowsAsync<JournalUnavailableException>(() => AddAsync(queue, Some()));
        Assert.Equal([first], Take(queue));
        List<Write> rest = [];
        Assert.False(queue.Take(ref rest));
    }

    [Theory]
    [InlineData(3, long.MaxValue)]
    [InlineData(100, 3 * 256)]
    public async Task In_a_flood_those_who_come_too_late_are_turned_away_and_the_others_are_recorded(int maxOutside, long maxOutsideBytes)
    {
        var queue = new WriteQueue(maxWrites: 1, maxBytes: long.MaxValue, maxOutside, maxOutsideBytes);
        await AddAsync(queue, Some());
        var waiting = Enumerable.Range(0, 3).Select(_ => AddAsync(queue, Some())).ToList();

        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => AddAsync(queue, FromOutside()));
        Take(queue);
        var after = AddAsync(queue, FromOutside());

        Assert.Contains("is busy, and 3 others wait", refused.Message, StringComparison.Ordinal);
        for (var i = 0; i < 4; i++)
        {
            Assert.Single(Take(queue));
        }

        await Task.WhenAll([.. waiting, after]).WaitAsync(JournalFixture.Limit);
    }

    [Fact]
    public async Task One_that_is_larger_than_all_that_may_wait_waits_when_it_is_the_first()
    {
        var queue = new WriteQueue(maxWrites: 1, maxBytes: long.MaxValue, maxOutside: 10, maxOutsideBytes: 1);
        await AddAsync(queue, Some());

        var waiting = AddAsync(queue, Some());

        Take(queue);
        await waiting.WaitAsync(JournalFixture.Limit);
        Assert.Single(Take(queue));
    }

    [Theory]
    [InlineData(3, long.MaxValue)]
    [InlineData(100, 3 * 256)]
    public async Task In_a_flood_what_the_house_itself_records_waits_its_turn(int maxOutside, long maxOutsideBytes)
    {
        var queue = new WriteQueue(maxWrites: 1, maxBytes: long.MaxValue, maxOutside, maxOutsideBytes);
        var flood = Enumerable.Range(0, 4).Select(_ => AddAsync(queue, FromOutside())).ToList();
        var own = Some();

        var added = AddAsync(queue, own);

        Assert.False(added.IsCompleted);
        for (var i = 0; i < flood.Count; i++)
        {
            Take(queue);
        }

        Assert.Equal([own], Take(queue));
        await Task.WhenAll([.. flood, added]).WaitAsync(JournalFixture.Limit);
    }

    [Theory]
    [InlineData(2, long.MaxValue)]
    [InlineData(100, 2 * 256)]
    public async Task Whoever_gives_up_waiting_makes_room_at_once(int maxOutside, long maxOutsideBytes)
    {
        var queue = new WriteQueue(maxWrites: 1, maxBytes: long.MaxValue, maxOutside, maxOutsideBytes);
        using var givingUp = new CancellationTokenSource();
        await AddAsync(queue, FromOutside());
        var abandoned = AddAsync(queue, FromOutside(), givingUp.Token);
        var (patient, next) = (FromOutside(), FromOutside());
        var waiting = AddAsync(queue, patient);

        await givingUp.CancelAsync();
        var instead = AddAsync(queue, next);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        Assert.Single(Take(queue));
        Assert.Equal([patient], Take(queue));
        Assert.Equal([next], Take(queue));
        await Task.WhenAll(waiting, instead).WaitAsync(JournalFixture.Limit);
    }

    [Fact]
    public void Only_what_comes_from_outside_and_can_be_sent_again_is_ever_refused()
    {
        var events = new[] { JournalFixture.Event() };
        var asked = new Command { Agent = "a", Name = "b", Source = "workflow:w", Cause = new Cause(1) };

        Assert.True(new AppendEvents(null!, events, cursor: null).IsRefusable);
        Assert.True(new AppendCommand(null!, JournalFixture.Command()).IsRefusable);
        Assert.False(new AppendEvents(null!, events, new SourceCursor("a", "1")).IsRefusable);
        Assert.False(new AppendCommand(null!, asked).IsRefusable);
        Assert.False(new AdvanceIdleConsumers(null!).IsRefusable);
    }

    private static TestWrite Some(long bytes = 256) => new(_ => { }, bytes);

    private static TestWrite FromOutside() => new(_ => { }, isRefusable: true);

    private static Task AddAsync(WriteQueue queue, Write write, CancellationToken cancellationToken = default) =>
        queue.AddAsync(write, cancellationToken).AsTask();

    private static List<Write> Take(WriteQueue queue)
    {
        List<Write> taken = [];
        Assert.True(queue.Take(ref taken));
        return taken;
    }
}
