using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>
/// Someone who handles every event of some subjects, each once and in order: a name, patterns, and a position that only moves
/// together with what was done. Keeps up from memory, catches up from the journal, goes on after a restart where it was.
/// </summary>
/// <remarks>
/// Opened by <see cref="EventJournal.OpenConsumerAsync"/>. One reader at a time. Opening the same name again replaces it: what the old
/// one has already handed over for commit counts, anything later from it is refused.
/// </remarks>
public sealed class Consumer
{
    private const int MaxEventsRead = 1024;
    private const long MaxBytesRead = 16L << 20;

    private readonly EventJournal _journal;
    private readonly Func<string, bool> _matches;
    private readonly JournalWindow<Event> _window;
    private long _backlog;
    private long _delivered;
    private long _handled;
    private int _generation;

    internal Consumer(EventJournal journal, string name, IReadOnlyList<SubjectPattern> patterns)
    {
        _journal = journal;
        Name = name;
        Patterns = patterns;
        _matches = subject => patterns.Any(pattern => pattern.Matches(subject));
        _window = new JournalWindow<Event>(
            evt => evt.Seq,
            evt => evt.Payload.Length + 256,
            (after, upTo) => journal.Reader.Events(after, upTo, _matches, type: null, MaxEventsRead, MaxBytesRead));
    }

    public string Name { get; }

    public IReadOnlyList<SubjectPattern> Patterns { get; }

    /// <summary>How far it has come: every event up to here that concerns it is done.</summary>
    public long Position { get; internal set; }

    /// <summary>Where it stands (J10), over its whole life.</summary>
    public ConsumerSums Sums
    {
        get
        {
            // Handled is read first: an event that arrives in between must not make the sum look too small.
            var handled = Interlocked.Read(ref _handled);
            var (ok, failed) = (Ok, Failed);
            return new ConsumerSums(ok, failed, Interlocked.Read(ref _backlog) + Interlocked.Read(ref _delivered) - handled);
        }
    }

    /// <summary>The row in the journal.</summary>
    internal long Id { get; set; }

    internal long Ok { get; set; }

    internal long Failed { get; set; }

    /// <summary>Counts up whenever commits of this consumer failed, so that those already on their way behind them are refused too.</summary>
    internal int Generation => Volatile.Read(ref _generation);

    /// <summary>Another has been opened under the same name.</summary>
    internal bool Replaced { get; set; }

    /// <summary>Everything it was given has been handled and committed.</summary>
    internal bool IsIdle => _window.IsDrained && Sums.Waiting == 0;

    /// <summary>The next events, at least one, in order.</summary>
    /// <param name="max">No more than this many.</param>
    public async ValueTask<IReadOnlyList<Event>> ReadAsync(int max, CancellationToken cancellationToken) =>
        await _window.ReadAsync(max, cancellationToken);

    /// <summary>
    /// Records what became of the events read last: position, runs and everything they asked for, in one transaction (J3). Commits are
    /// recorded in the order they are handed over, so the next events may be handled while this one is on its way.
    /// </summary>
    /// <exception cref="JournalUnavailableException">Nothing of it is recorded. Call <see cref="Rewind"/> and read again.</exception>
    /// <exception cref="ConsumerReplacedException">Another has been opened under this name, which handles these events.</exception>
    public Task CommitAsync(Handled handled, CancellationToken cancellationToken) =>
        _journal.CommitAsync(new CommitHandled(_journal, this, Generation, handled), cancellationToken);

    /// <summary>Goes back to the committed position, after a commit that failed or work that was given up.</summary>
    public void Rewind() => _window.Start(Position, _journal.Head);

    /// <summary>Begins at its position. On the writer's thread, so that no event slips between what is read and what is offered.</summary>
    internal void Begin(long position, long newest)
    {
        Position = position;
        _window.Start(position, newest);
    }

    internal void AddBacklog(long count) => Interlocked.Add(ref _backlog, count);

    internal bool Matches(string subject) => _matches(subject);

    internal void Offer(Event evt)
    {
        Interlocked.Increment(ref _delivered);
        _window.Offer(evt);
    }

    internal void Done(Handled handled)
    {
        Position = Math.Max(Position, handled.Position);
        Ok += handled.Ok;
        Failed += handled.Failed;
        Interlocked.Add(ref _handled, handled.Ok + handled.Failed);
    }

    internal void CommitFailed(int generation) => Interlocked.CompareExchange(ref _generation, generation + 1, generation);
}

/// <summary>What became of the events a consumer read.</summary>
public sealed record Handled
{
    /// <param name="position">The last event that is done.</param>
    /// <param name="events">How many events are done since the commit before. Those without a failed run count as ok.</param>
    /// <param name="runs">Those runs that have anything to record: effects, logs, a failure.</param>
    public Handled(long position, int events, IReadOnlyList<Run> runs)
    {
        Position = position;
        Runs = runs.Any(TooDeep) ? [.. runs.Select(run => TooDeep(run) ? Stopped(run) : run)] : runs;
        Failed = Runs.Where(run => run.Outcome == RunOutcome.Failed).Select(run => run.Event.Seq).Distinct().Count();
        Ok = events - Failed;
    }

    public long Position { get; }

    public int Ok { get; }

    public int Failed { get; }

    public IReadOnlyList<Run> Runs { get; }

    private static bool TooDeep(Run run) => run.Event.Depth >= Event.MaxDepth && run.Commands.Count + run.Events.Count > 0;

    private static Run Stopped(Run run) => new()
    {
        Event = run.Event,
        Outcome = RunOutcome.Failed,
        StartedAt = run.StartedAt,
        Duration = run.Duration,
        Version = run.Version,
        Handler = run.Handler,
        RetryOf = run.RetryOf,
        Log = run.Log,
        Reason = $"This event is the {Event.MaxDepth}th consequence in a chain; what the run asked for was not done. Find the workflows that answer each other, and make one of them stop.",
    };
}

/// <summary>How many events a consumer was given, and what became of them: <c>delivered = ok + failed + waiting</c>.</summary>
public readonly record struct ConsumerSums(long Ok, long Failed, long Waiting)
{
    public long Delivered => Ok + Failed + Waiting;
}

/// <summary>Another consumer was opened under the same name; this one is over.</summary>
public sealed class ConsumerReplacedException(string name) : Exception($"Consumer '{name}' has been replaced by a newer one.");
