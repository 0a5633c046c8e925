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
    private volatile ConsumerProgress _progress = ConsumerProgress.None;
    private volatile ConsumerPlace? _place;
    private ConsumerTurn _opened;
    private long _handedOver;
    private long _delivered;
    private long _backlog;

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
    public long Position => Current._progress.Position;

    /// <summary>Where it began when it was opened for the first time: what was accepted up to here was not for it.</summary>
    public long Since { get; private set; }

    /// <summary>Where it stands (J10), over its whole life: what it was replaced by included.</summary>
    public ConsumerSums Sums => Current.OwnSums;

    /// <summary>What it was given itself, and what became of that.</summary>
    internal ConsumerSums OwnSums
    {
        get
        {
            // In this order: what is done has been counted and delivered before, so nothing is ever missing from the sum.
            var done = _progress;
            return new ConsumerSums(done.Ok, done.Failed, Interlocked.Read(ref _backlog) + Interlocked.Read(ref _delivered) - done.Ok - done.Failed);
        }
    }

    /// <summary>Who handles the events now: itself, until another has been opened under its name.</summary>
    private Consumer Current => _place?.Holder ?? this;

    /// <summary>Its row in the journal as it should stand when nothing is on its way.</summary>
    internal ConsumerTurn Turn => _opened with { From = _progress.Committed };

    /// <summary>The events that waited when it was opened are in its sums.</summary>
    internal bool IsCounted { get; private set; }

    /// <summary>Another has been opened under the same name.</summary>
    internal bool Replaced => Current != this;

    /// <summary>Everything it was given has been handled and committed.</summary>
    internal bool IsIdle => _window.IsDrained && OwnSums.Waiting == 0;

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
    public Task CommitAsync(Handled handled, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Not to be given up once it is handed over: those handed over after it count on it.
        var turn = _opened with { From = _handedOver };
        _handedOver = handled.Position;
        return _journal.CommitAsync(new CommitHandled(_journal, this, turn, handled), CancellationToken.None);
    }

    /// <summary>Goes back to the committed position, after a commit that failed or work that was given up.</summary>
    public void Rewind()
    {
        var done = _progress;
        _handedOver = done.Committed;
        _window.Start(done.Position, _journal.Head);
    }

    /// <summary>Begins at its position. On the writer's thread, so that no event slips between what is read and what is offered.</summary>
    internal void Begin(ConsumerTurn opened, ConsumerProgress progress, long since, long newest)
    {
        Since = since;
        _opened = opened;
        _progress = progress;
        _handedOver = progress.Committed;
        _delivered = progress.Ok + progress.Failed;
        _window.Start(progress.Position, newest);
    }

    /// <summary>Says how many events waited when it was opened.</summary>
    internal void SetBacklog(long count)
    {
        Interlocked.Exchange(ref _backlog, count);
        IsCounted = true;
    }

    internal bool Matches(string subject) => _matches(subject);

    internal void Offer(Event evt)
    {
        Interlocked.Increment(ref _delivered);
        _window.Offer(evt);
    }

    /// <summary>On the writer's thread, like everything that moves it.</summary>
    internal void Done(Handled handled)
    {
        var before = _progress;
        _progress = new ConsumerProgress(handled.Position, before.Seen, before.Ok + handled.Ok, before.Failed + handled.Failed);
    }

    /// <summary>Takes a place that is free, or that of another. On the writer's thread.</summary>
    /// <param name="old">Who had it; <c>null</c> when nobody has.</param>
    internal void TakePlaceOf(Consumer? old)
    {
        if (old is not null)
        {
            // Until it has been counted, what waits for it is taken to be what waited for the other: they differ where the patterns do.
            IsCounted = old.IsCounted;
            Interlocked.Exchange(ref _backlog, old.OwnSums.Waiting);
        }

        _place = old?._place ?? new ConsumerPlace();
        _place.Holder = this;
    }

    internal void HasSeen(long position) => _progress = _progress with { Seen = position };
}

/// <summary>Which of the consumers of one name is the one that handles events: whoever was replaced, however often, knows where to ask.</summary>
internal sealed class ConsumerPlace
{
    private volatile Consumer? _holder;

    public Consumer? Holder
    {
        get => _holder;
        set => _holder = value;
    }
}

/// <summary>Whose turn it is to move a consumer's row: its id, how often it was opened, and the position it must be at.</summary>
internal readonly record struct ConsumerTurn(long Consumer, long Opening, long From);

/// <summary>How far a consumer has come: the position it committed last, up to where no more events concern it, its sums.</summary>
internal sealed record ConsumerProgress(long Committed, long Seen, long Ok, long Failed)
{
    public static readonly ConsumerProgress None = new(0, 0, 0, 0);

    public long Position => Math.Max(Committed, Seen);
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
        Runs = runs.Any(TooDeep) ? [.. runs.Select(Checked)] : runs;
        Failed = Runs.Where(run => run.Outcome == RunOutcome.Failed).Select(run => (run.Handled ?? run.Event).Seq).Distinct().Count();
        Ok = events - Failed;
    }

    public long Position { get; }

    public int Ok { get; }

    public int Failed { get; }

    public IReadOnlyList<Run> Runs { get; }

    /// <summary>The run as it is recorded: failed, without effects, if what it asked for would make a chain too deep.</summary>
    internal static Run Checked(Run run) => TooDeep(run) ? Stopped(run) : run;

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
        Handled = run.Handled,
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
