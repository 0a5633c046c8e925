using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>
/// The rows of one transaction on the write connection, and the numbers it gives out. Statements are prepared once; the numbers
/// are remembered here, so that no row has to be read in order to write another.
/// </summary>
internal sealed class JournalTransaction : IDisposable
{
    /// <summary>The kinds of keys. The numbers are stored; do not change them.</summary>
    public const int EventKey = 0;
    public const int CommandKey = 1;


    private readonly Database _database;
    private readonly TimeProvider _clock;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private readonly Statement _insertEvent;
    private readonly Statement _insertKey;
    private readonly Statement _findKey;
    private readonly Statement _timeOfEvent;
    private readonly Statement _timeOfCommand;
    private readonly Statement _insertRun;
    private readonly Statement _dismissRun;
    private readonly Statement _setState;
    private readonly Statement _deleteState;
    private readonly Statement _insertCommand;
    private readonly Statement _updateCommand;
    private readonly Statement _advanceConsumer;
    private readonly Statement _moveConsumer;
    private readonly Statement _setCursor;
    private readonly Statement _addToTally;
    private readonly long[] _commandChanges = new long[CommandStatusNames.All.Count];
    private Numbers _before;
    private Numbers _numbers;
    private long _eventChange;
    private int _changesBefore;

    public JournalTransaction(Database database, TimeProvider clock)
    {
        _database = database;
        _clock = clock;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _rollback = database.Prepare("ROLLBACK");
        _insertEvent = database.Prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        _insertKey = database.Prepare("INSERT INTO keys VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
        _findKey = database.Prepare("SELECT seq FROM keys WHERE kind = ? AND source = ? AND key = ?");
        _timeOfEvent = database.Prepare("SELECT accepted_at FROM events WHERE seq = ?");
        _timeOfCommand = database.Prepare("SELECT accepted_at FROM commands WHERE seq = ?");
        _insertRun = database.Prepare("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)");
        _dismissRun = database.Prepare("UPDATE runs SET dismissed_at = ? WHERE id = ? AND dismissed_at IS NULL");
        _setState = database.Prepare("INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (consumer, key) DO UPDATE SET value = excluded.value");
        _deleteState = database.Prepare("DELETE FROM state WHERE consumer = ? AND key = ?");
        _insertCommand = database.Prepare(
            "INSERT INTO commands VALUES (?, ?, ?, 0, 0, NULL, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)");
        _updateCommand = database.Prepare(
            "UPDATE commands SET status = ?, attempts = ?, next_attempt_at = ?, started_at = ?, ended_at = ?, reason = ?, result = ?, dismissed_at = ? WHERE seq = ?");
        _advanceConsumer = database.Prepare(
            "UPDATE consumers SET position = ?, ok = ok + ?, failed = failed + ? WHERE id = ? AND openings = ? AND position = ?");
        _moveConsumer = database.Prepare("UPDATE consumers SET seen = ? WHERE id = ? AND openings = ? AND position = ?");
        _setCursor = database.Prepare("INSERT INTO cursors VALUES (?, ?, ?) ON CONFLICT (agent) DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at");
        _addToTally = database.Prepare("INSERT INTO tallies VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count");
        Salt = ReadSalt(database);
        _numbers = new Numbers(LastNumber("events", "seq"), LastNumber("runs", "id"), LastNumber("commands", "seq"));
    }

    /// <summary>What makes the ids of this journal its own.</summary>
    public uint Salt { get; }

    /// <summary>The time of this transaction, in Unix milliseconds.</summary>
    public long Now { get; private set; }

    /// <summary>The last event's number so far, this transaction's included.</summary>
    public long LastEvent => _numbers.Event;

    /// <summary>For the statements that only one kind of write needs.</summary>
    public Database Database => _database;

    /// <summary>Whether this transaction has changed any row.</summary>
    public bool HasChanges => _database.TotalChanges != _changesBefore;

    public void Begin()
    {
        _before = _numbers;
        _changesBefore = _database.TotalChanges;
        Now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        _begin.Run();
    }

    /// <summary>Writes the sums and commits: after this, and not before, everything is on disk.</summary>
    /// <returns>What changed in the sums.</returns>
    public Tallies Commit(Tallies tallies)
    {
        if (_eventChange != 0)
        {
            _addToTally.Bind(1, "events").Bind(2, _eventChange).Run();
        }

        for (var status = 0; status < _commandChanges.Length; status++)
        {
            if (_commandChanges[status] != 0)
            {
                _addToTally.Bind(1, TallyName(status)).Bind(2, _commandChanges[status]).Run();
            }
        }

        _commit.Run();
        var sums = tallies.Plus(_eventChange, _commandChanges);
        Forget();
        return sums;
    }

    /// <summary>Undoes everything since <see cref="Begin"/>, the numbers given out included.</summary>
    public void Rollback()
    {
        _numbers = _before;
        Forget();

        // After some failures SQLite has rolled back already, and says so by refusing.
        try
        {
            _rollback.Run();
        }
        catch (DatabaseException)
        {
        }
    }

    /// <summary>Records an event and gives it its place.</summary>
    public Accepted Insert(Event evt)
    {
        if (evt.Key is not null && KeyTaken(EventKey, evt.Source, evt.Key, _numbers.Event + 1) is { } known)
        {
            evt.Seq = 0;
            var at = _timeOfEvent.Bind(1, known).RunForNumber() ?? 0;
            return new Accepted(JournalId.Of(JournalId.Event, known, at, Salt), known, Duplicate: true);
        }

        evt.Seq = ++_numbers.Event;
        evt.AcceptedAt = Now;
        evt.Timestamp = evt.Timestamp == 0 ? Now / 1000 : evt.Timestamp;
        evt.Id = JournalId.Of(JournalId.Event, evt.Seq, Now, Salt);
        _insertEvent.Bind(1, evt.Seq).Bind(2, Now).Bind(3, evt.Timestamp).Bind(4, evt.Subject).Bind(5, evt.Type).Bind(6, evt.Source)
            .Bind(7, evt.Key).Bind(8, evt.Depth).Bind(9, evt.Cause.Event).Bind(10, evt.Cause.Run).Bind(11, evt.Cause.Command)
            .Bind(12, evt.Payload.Span).Run();
        _eventChange++;
        return new Accepted(evt.Id, evt.Seq, Duplicate: false);
    }

    /// <summary>Records a command that is to be carried out.</summary>
    public Accepted Insert(Command command)
    {
        if (command.Key is not null && KeyTaken(CommandKey, command.Source, command.Key, _numbers.Command + 1) is { } known)
        {
            command.Seq = 0;
            var at = _timeOfCommand.Bind(1, known).RunForNumber() ?? 0;
            return new Accepted(JournalId.Of(JournalId.Command, known, at, Salt), known, Duplicate: true);
        }

        command.Seq = ++_numbers.Command;
        command.AcceptedAt = Now;
        command.Id = JournalId.Of(JournalId.Command, command.Seq, Now, Salt);
        _insertCommand.Bind(1, command.Seq).Bind(2, (long)command.Status).Bind(3, Now).Bind(4, command.EndedAt).Bind(5, command.Depth)
            .Bind(6, command.Cause.Event).Bind(7, command.Cause.Run).Bind(8, command.Cause.Command)
            .Bind(9, command.Agent).Bind(10, command.Name).Bind(11, command.Source).Bind(12, command.Key).Bind(13, command.Reason)
            .Bind(14, command.Payload.Span).Run();
        _commandChanges[(int)command.Status]++;
        return new Accepted(command.Id, command.Seq, Duplicate: false);
    }

    /// <summary>Records a run and, in their order, its commands and events.</summary>
    public void Insert(Run run, long consumer)
    {
        var id = ++_numbers.Run;
        var firstCommand = _numbers.Command + 1;
        foreach (var command in run.Commands)
        {
            command.Cause = new Cause(run.Event.Seq, id);
            command.Depth = run.Event.Depth + 1;
            Insert(command);
        }

        var firstEvent = _numbers.Event + 1;
        foreach (var evt in run.Events)
        {
            evt.Cause = new Cause(run.Event.Seq, id);
            evt.Depth = run.Event.Depth + 1;
            Insert(evt);
        }

        var commands = _numbers.Command + 1 - firstCommand;
        var events = _numbers.Event + 1 - firstEvent;
        _insertRun.Bind(1, id).Bind(2, consumer).Bind(3, run.Event.Seq).Bind(4, (long)run.Outcome).Bind(5, run.StartedAt)
            .Bind(6, (long)run.Duration.TotalMicroseconds).Bind(7, run.Version)
            .Bind(8, commands > 0 ? firstCommand : null).Bind(9, commands).Bind(10, events > 0 ? firstEvent : null).Bind(11, events)
            .Bind(12, run.Reason).Bind(13, run.Log).Bind(14, run.Handler).Bind(15, run.Traceback).Run();
        Insert(run.State, consumer);
        if (run.RetryOf is { } failed)
        {
            _dismissRun.Bind(1, Now).Bind(2, failed).Run();
        }
    }

    private void Insert(IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> state, long consumer)
    {
        foreach (var (key, value) in state)
        {
            if (value is { } json)
            {
                _setState.Bind(1, consumer).Bind(2, key).Bind(3, json.Span).Run();
            }
            else
            {
                _deleteState.Bind(1, consumer).Bind(2, key).Run();
            }
        }
    }

    /// <summary>Writes down where a command stands now.</summary>
    /// <param name="command">With its new state.</param>
    /// <param name="before">The status its row has.</param>
    public void Update(Command command, CommandStatus before)
    {
        _updateCommand.Bind(1, (long)command.Status).Bind(2, command.Attempts).Bind(3, command.NextAttemptAt).Bind(4, command.StartedAt)
            .Bind(5, command.EndedAt).Bind(6, command.Reason).Bind(7, command.Result).Bind(8, command.DismissedAt).Bind(9, command.Seq).Run();
        Moved(before, command.Status, 1);
    }

    /// <summary>Counts commands that went from one status to another.</summary>
    public void Moved(CommandStatus from, CommandStatus to, long count)
    {
        _commandChanges[(int)from] -= count;
        _commandChanges[(int)to] += count;
    }

    /// <summary>Records how far a consumer has come, unless it is not its turn: replaced, or its row is not where this commit goes on from.</summary>
    public bool AdvanceConsumer(ConsumerTurn turn, Handled handled) =>
        _advanceConsumer.Bind(1, handled.Position).Bind(2, handled.Ok).Bind(3, handled.Failed)
            .Bind(4, turn.Consumer).Bind(5, turn.Opening).Bind(6, turn.From).Run() == 1;

    /// <summary>Records that no event up to here concerns a consumer, unless it has come further in this very transaction, or is replaced.</summary>
    public bool MoveConsumer(ConsumerTurn turn, long seen) =>
        _moveConsumer.Bind(1, seen).Bind(2, turn.Consumer).Bind(3, turn.Opening).Bind(4, turn.From).Run() == 1;

    public void SetCursor(string agent, string cursor) => _setCursor.Bind(1, agent).Bind(2, cursor).Bind(3, Now).Run();

    /// <summary>Keeps the numbers given out so far from being given out again once their rows are gone.</summary>
    public void RememberNumbers() => Database.Execute(
        $"INSERT OR REPLACE INTO facts VALUES ('last_events', {_numbers.Event}), ('last_runs', {_numbers.Run}), ('last_commands', {_numbers.Command})");

    /// <summary>The sums as they stand on disk.</summary>
    public Tallies ReadTallies()
    {
        var commands = new long[_commandChanges.Length];
        for (var status = 0; status < commands.Length; status++)
        {
            commands[status] = Tally(TallyName(status));
        }

        return new Tallies(Tally("events"), commands);
    }

    public void Dispose() => _database.Dispose();

    private static string TallyName(int status) => "commands." + CommandStatusNames.All[status];

    private static uint ReadSalt(Database database)
    {
        // SQLite's own random source, so that the salt is drawn and stored in one statement.
        database.Execute("INSERT OR IGNORE INTO facts VALUES ('salt', abs(random() % 4294967296))");
        return (uint)database.QueryNumber("SELECT value FROM facts WHERE name = 'salt'");
    }

    private long Tally(string name) => _database.QueryNumber($"SELECT count FROM tallies WHERE name = '{name}'");

    private long LastNumber(string table, string column) => _database.QueryNumber(
        $"SELECT max(coalesce((SELECT max({column}) FROM {table}), 0), coalesce((SELECT value FROM facts WHERE name = 'last_{table}'), 0))");

    /// <summary>Takes the key for this number, or answers whose it is.</summary>
    private long? KeyTaken(int kind, string source, string key, long number) =>
        _insertKey.Bind(1, kind).Bind(2, source).Bind(3, key).Bind(4, number).Run() == 0
            ? _findKey.Bind(1, kind).Bind(2, source).Bind(3, key).RunForNumber()
            : null;

    private void Forget()
    {
        _eventChange = 0;
        Array.Clear(_commandChanges);
    }

    private record struct Numbers(long Event, long Run, long Command);
}
