using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Journal;

/// <summary>
/// The durable record of events, runs, commands, positions and cursors, and the only way anything is accepted. Whatever returns
/// from here is on disk (J1).
/// </summary>
public sealed partial class EventJournal(LiveOptions<JournalOptions> options, LiveFeed feed, TimeProvider clock, IHostEnvironment environment, ILogger<EventJournal> logger)
    : IHostedService, IAsyncDisposable
{
    private readonly ConsumerTable _consumers = new();
    private JournalFile? _file;
    private JournalWriter? _writer;
    private ReadPool? _pool;
    private JournalReader? _reader;
    private Action<Command>? _onCommand;
    private Action<Command>? _onRetry;
    private long _head;
    private volatile string? _full;
    private Task? _closed;

    /// <summary>The number of the last event.</summary>
    public long Head => Interlocked.Read(ref _head);

    /// <summary>Why no event is accepted now, in words for people; <c>null</c> when they are.</summary>
    public string? UnavailableBecause => _writer is { } writer ? writer.UnavailableBecause ?? _full : "the journal is not open";

    /// <summary>The database file.</summary>
    public string Path => _file?.Path ?? throw NotOpen();

    /// <summary>The largest payload of an event or a command, in bytes.</summary>
    internal int MaxPayloadBytes => options.Current.MaxPayloadBytes;

    /// <summary>The sums over the journal's life.</summary>
    public Tallies Tallies => Writer.Tallies;

    /// <summary>Whether it can be read and written: between the start and the stop of the host.</summary>
    public bool IsOpen => _writer is not null;

    /// <summary>What went through in the last hour.</summary>
    public Traffic Traffic { get; } = new();

    /// <summary>Beats after each commit.</summary>
    /// <exception cref="JournalUnavailableException">The journal is not open.</exception>
    public CommitPulse Commits => Writer.Commits;

    /// <summary>For how long it has had nothing to record; without end while it is not open.</summary>
    internal TimeSpan SinceLastWork => _writer?.SinceLastWork ?? TimeSpan.MaxValue;

    /// <summary>The open consumers.</summary>
    public IReadOnlyList<Consumer> Consumers => [.. AttachedConsumers.Where(consumer => consumer.IsCounted)];

    /// <summary>The open consumers, and those being opened, whose sums are not known yet.</summary>
    internal IReadOnlyList<Consumer> AttachedConsumers => _consumers.All;

    /// <summary>Why the journal's size forbids more, in words for people; <c>null</c> when it does not. Set by <see cref="Retention"/>.</summary>
    internal string? FullBecause
    {
        get => _full;
        set => _full = value;
    }

    internal JournalReader Reader => _reader ?? throw NotOpen();

    private JournalWriter Writer => _writer ?? throw NotOpen();

    /// <summary>Opens the file. Everything else of the host begins after this.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be opened; the message says why and what to do.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _file = JournalFile.Open(options.Current, environment.ContentRootPath);
        var writer = new JournalWriter(_file.Path, options.Current.Mode, clock, logger);
        try
        {
            _head = writer.Start();
        }
        catch (JournalUnavailableException fault)
        {
            _file.Dispose();
            if (fault is not DatabaseException)
            {
                throw;
            }

            throw new JournalUnavailableException(
                $"The journal {_file.Path} cannot be opened: {fault.Message}. Check that it is a Sekia journal and that this user may read and write it, or set Journal:Path to another file.", fault);
        }

        _writer = writer;
        _pool = new ReadPool(_file.Path);
        _reader = new JournalReader(_pool, writer.Salt);
        TrafficSeed.Fill(Traffic, _reader, Now);
        var uncertain = await writer.CommitAsync(new RecoverCommands(this), cancellationToken);
        if (uncertain > 0)
        {
            LogUncertain(uncertain);
        }
    }

    /// <summary>Writes what has been handed over, and closes the file.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    /// <summary>
    /// Closes the file; also after a start that did not get far. However often the host is stopped, it is done once, and everyone
    /// who asked goes on when it is done: the next host may open the file then.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task closed;
        lock (_consumers)
        {
            closed = _closed ??= CloseAsync();
        }

        await closed;
    }

    /// <summary>Accepts events, all or none, together with the cursor that covers them.</summary>
    /// <exception cref="InvalidEventException">One is malformed.</exception>
    /// <exception cref="JournalUnavailableException">None is accepted.</exception>
    internal async Task<IReadOnlyList<Accepted>> AppendAsync(IReadOnlyList<Event> events, SourceCursor? cursor, CancellationToken cancellationToken)
    {
        foreach (var evt in events)
        {
            EventCheck.Validate(evt, options.Current.MaxPayloadBytes);
        }

        // A failed run keeps its event: to try it again is a way to more room.
        if (events.Any(evt => cursor is not null || !Subject.IsOfWorkflow(evt.Subject)))
        {
            RefuseWhenFull();
        }

        return await Writer.CommitAsync(new AppendEvents(this, events, cursor), cancellationToken);
    }

    /// <summary>Opens a durable consumer. A new one begins at the head; one that was here before goes on where it was.</summary>
    /// <param name="name">Its name in the journal, for example <c>workflow:labeller</c>.</param>
    /// <param name="patterns">Which subjects it handles. They may change from one opening to the next.</param>
    public async Task<Consumer> OpenConsumerAsync(string name, IReadOnlyList<SubjectPattern> patterns, CancellationToken cancellationToken)
    {
        var consumer = new Consumer(this, name, patterns);
        var head = await Writer.CommitAsync(new OpenConsumer(this, consumer), cancellationToken);
        try
        {
            var position = consumer.Position;
            consumer.SetBacklog(position < head ? Reader.CountEvents(position, head, consumer.Matches) : 0);
            return consumer;
        }
        catch
        {
            Detach(consumer);
            throw;
        }
    }

    /// <summary>Accepts a command from outside a run, or one that a run waits for. It reaches its agent after this has returned, or about then (J4).</summary>
    /// <exception cref="JournalUnavailableException">It is not accepted.</exception>
    internal Task<Accepted> AddCommandAsync(Command command, CancellationToken cancellationToken)
    {
        // Refused, a run that waits for its answer would never end, and what waits for that run would never go.
        if (command.Cause.Event is null)
        {
            RefuseWhenFull();
        }

        return Writer.CommitAsync(new AppendCommand(this, command), cancellationToken);
    }

    internal Task<TAnswer> CommitAsync<TAnswer>(Write<TAnswer> write, CancellationToken cancellationToken) => Writer.CommitAsync(write, cancellationToken);

    /// <summary>Who carries out commands: told of each new one, and of each that is to be sent once more, on the writer's thread.</summary>
    internal void SendCommandsTo(Action<Command> onCommand, Action<Command> onRetry) => (_onCommand, _onRetry) = (onCommand, onRetry);

    internal long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    internal bool HasConsumers(string subject) => _consumers.Of(subject).Length > 0;

    internal bool HasListeners(string subject) => feed.HasListeners(subject);

    /// <summary>Tells live listeners of something nobody has to remember.</summary>
    internal void Announce(Event evt)
    {
        evt.Id = JournalId.Event + Guid.CreateVersion7();
        evt.Timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        feed.Publish(new Message(evt));
    }

    internal void Route(Event evt)
    {
        Interlocked.Exchange(ref _head, evt.Seq);
        Traffic.Accepted(evt.AcceptedAt);
        foreach (var consumer in _consumers.Of(evt.Subject))
        {
            Traffic.Delivered(evt.Source, consumer.Name, evt.AcceptedAt);
            consumer.Offer(evt);
        }

        if (feed.HasListeners(evt.Subject))
        {
            feed.Publish(new Message(evt));
        }
    }

    internal void Route(Command command)
    {
        if (command.Status == CommandStatus.Pending)
        {
            _onCommand?.Invoke(command);
        }
        else if (command.EndedAt is not null)
        {
            HasEnded(command);
        }
    }

    internal void HasEnded(Command command) =>
        Traffic.Ended(command.Source, command.Agent, command.Status, command.AcceptedAt, command.EndedAt ?? command.AcceptedAt);

    internal void Reroute(Command command) => _onRetry?.Invoke(command);

    /// <summary>Puts a consumer in the place of the one that had its name.</summary>
    internal void Attach(Consumer consumer) => _consumers.Add(consumer);

    /// <summary>Lets go of a consumer: its position stays, and events that only it waits for are kept no longer than others.</summary>
    internal void Detach(Consumer consumer) => _consumers.Remove(consumer);

    private static JournalUnavailableException NotOpen() => new("The journal is not open: the host is starting or stopping.");

    private void RefuseWhenFull()
    {
        if (_full is { } reason)
        {
            throw new JournalUnavailableException($"Nothing is accepted now: {reason}.");
        }
    }

    private async Task CloseAsync()
    {
        // The readers first: SQLite folds the log into the file when the last connection closes, if that one may write.
        _pool?.Dispose();
        try
        {
            if (Interlocked.Exchange(ref _writer, null) is { } writer)
            {
                await writer.StopAsync(new AdvanceIdleConsumers(this));
            }
        }
        finally
        {
            _file?.Dispose();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} commands were with their agents when the host stopped last time; they are uncertain and wait for a decision (retry or dismiss)")]
    private partial void LogUncertain(int count);
}
