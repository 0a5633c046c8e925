using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Agents;

/// <summary>
/// The commands of one agent: taken in order, as many at a time as it allows. What waits beyond a bound waits in the journal. Those that change
/// nothing are taken apart from the others: they need no order, and none of them waits for one that waits long for its next attempt.
/// </summary>
internal sealed class CommandLoop : IDisposable
{
    private const int MaxTaken = 256;

    /// <summary>How many may have ended without that being on disk yet.</summary>
    private const int MaxUnsettled = 1024;

    /// <summary>How many that change nothing may be with the agent at the same time.</summary>
    private const int MaxReads = 32;

    private readonly AgentEntry _entry;
    private readonly EventJournal _journal;
    private readonly CommandExecution _execution;
    private readonly Lane[] _lanes;
    private readonly SemaphoreSlim _unsettled = new(MaxUnsettled);

    /// <summary>Those taken whose end is not on disk yet, by number. Also the lock of itself.</summary>
    private readonly Dictionary<long, Attempt> _inHand = [];

    public CommandLoop(AgentEntry entry, EventJournal journal, CommandExecution execution, TimeProvider clock)
    {
        _entry = entry;
        _journal = journal;
        _execution = execution;
        _lanes = [NewLane(entry.Settings.Concurrency, changesNothing: false), NewLane(MaxReads, changesNothing: true)];
        lock (entry.Pulses)
        {
            entry.Pulses.Add(() => !IsAnyOverdue(clock));
        }
    }

    /// <summary>The commands that are with the agent at this moment.</summary>
    public IReadOnlyCollection<long> WithAgent
    {
        get
        {
            lock (_inHand)
            {
                return [.. _inHand.Where(taken => taken.Value.IsUnderWay).Select(taken => taken.Key)];
            }
        }
    }

    /// <summary>Puts what waited when the host stopped before what comes.</summary>
    public void Begin()
    {
        var last = _journal.Reader.LastCommand();
        Array.ForEach(_lanes, lane => lane.Window.Start(0, last));
    }

    /// <summary>A new command, on disk. On the writer's thread, which is not the place to find out whose it is: each lane looks itself.</summary>
    public void Offer(Command command) => Array.ForEach(_lanes, lane => lane.Window.Offer(command));

    /// <summary>A command of long ago is to be sent once more: all that is pending from there on is read anew.</summary>
    public void GoBackTo(Command command)
    {
        lock (_inHand)
        {
            // Its end is on disk, but it has not been let go of here yet. Read now it would be taken for what it was.
            if (_inHand.TryGetValue(command.Seq, out var attempt))
            {
                attempt.OnceMore = true;
                return;
            }
        }

        ReadAgain(command);
    }

    /// <summary>Keeps a command that waits for its next attempt from beginning it, while a decision about it is written down.</summary>
    /// <returns>Whether it waits, and is kept; then <see cref="Settle"/> must follow.</returns>
    public bool TryHold(Command command)
    {
        lock (_inHand)
        {
            return _inHand.TryGetValue(command.Seq, out var attempt) && attempt.TryHold();
        }
    }

    /// <summary>The decision is on disk, or will never be: what the journal says about the command now is what happens to it.</summary>
    public void Settle(Command command)
    {
        lock (_inHand)
        {
            _inHand[command.Seq].Settle();
        }
    }

    /// <summary>Takes commands until told to stop, and ends when the last of them has come back.</summary>
    /// <param name="stopTaking">No further commands, no further attempts.</param>
    /// <param name="stopNow">Those with the agent are given up too.</param>
    public async Task RunAsync(CancellationToken stopTaking, CancellationToken stopNow)
    {
        await Task.WhenAll(_lanes.Select(lane => Task.Run(() => RunAsync(lane, stopTaking, stopNow), CancellationToken.None)));
        for (var i = 0; i < MaxUnsettled; i++)
        {
            await _unsettled.WaitAsync(CancellationToken.None);
        }
    }

    public void Dispose()
    {
        Array.ForEach(_lanes, lane => lane.Slots.Dispose());
        _unsettled.Dispose();
    }

    private Lane NewLane(int places, bool changesNothing) => new(
        new JournalWindow<Command>(command => command.Seq, command => command.Payload.Length + 256, ReadPending), new SemaphoreSlim(places), changesNothing);

    private async Task RunAsync(Lane lane, CancellationToken stopTaking, CancellationToken stopNow)
    {
        while (!stopTaking.IsCancellationRequested)
        {
            try
            {
                var commands = await lane.Window.ReadAsync(MaxTaken, stopTaking);
                foreach (var command in commands.Where(command => _entry.ChangesNothing(command) == lane.ChangesNothing))
                {
                    await lane.Slots.WaitAsync(stopTaking);
                    await _unsettled.WaitAsync(stopTaking);
                    _ = CarryOutAsync(command, Take(command), lane.Slots, stopTaking, stopNow);
                }
            }
            catch (OperationCanceledException) when (stopTaking.IsCancellationRequested)
            {
            }
            catch (JournalUnavailableException fault)
            {
                await _execution.PauseAsync(fault, stopTaking);
            }
            catch (Exception fault)
            {
                // What was taken from the window and not begun is found in the journal again.
                await _execution.PauseAsync(fault, stopTaking);
                lane.Window.Start(0, 0);
            }
        }
    }

    /// <summary>Never throws: whatever happens to a command is recorded with it.</summary>
    private async Task CarryOutAsync(Command command, Attempt attempt, SemaphoreSlim slots, CancellationToken stopTaking, CancellationToken stopNow)
    {
        try
        {
            var recorded = Task.CompletedTask;
            try
            {
                if (await _execution.RunAsync(command, attempt, stopTaking, stopNow) is { } end)
                {
                    recorded = _execution.RecordAsync(command, end, stopNow);
                }
            }
            finally
            {
                // The next one may begin. This one's end is before anything of the next in the writer's queue.
                slots.Release();
            }

            await recorded;
        }
        catch (Exception fault)
        {
            _execution.GiveUp(command, fault);
        }
        finally
        {
            LetGo(command);
            _unsettled.Release();
        }
    }

    private Attempt Take(Command command)
    {
        var attempt = new Attempt();
        lock (_inHand)
        {
            _inHand.Add(command.Seq, attempt);
        }

        return attempt;
    }

    private void LetGo(Command command)
    {
        Attempt? attempt;
        lock (_inHand)
        {
            _inHand.Remove(command.Seq, out attempt);
        }

        if (attempt is { OnceMore: true })
        {
            ReadAgain(command);
        }
    }

    private void ReadAgain(Command command) => Array.ForEach(_lanes, lane => lane.Window.GoBack(command.Seq - 1, command.Seq));

    private bool IsAnyOverdue(TimeProvider clock)
    {
        lock (_inHand)
        {
            return _inHand.Values.Any(attempt => attempt.IsOverdue(clock));
        }
    }

    /// <summary>
    /// Reads pending commands from the journal, without those in hand. Which these are is noted before the journal is read, never
    /// after: a command whose end is recorded in between is still known as one in hand.
    /// </summary>
    private (List<Command> Commands, long UpTo) ReadPending(long after, long upTo)
    {
        HashSet<long> inHand;
        lock (_inHand)
        {
            inHand = [.. _inHand.Keys];
        }

        var pending = _journal.Reader.PendingCommands(_entry.Name, after, upTo, MaxTaken);
        var last = pending.Count < MaxTaken ? upTo : pending[^1].Seq;
        pending.RemoveAll(command => inHand.Contains(command.Seq));
        return (pending, last);
    }

    /// <summary>One of the ways to the agent.</summary>
    /// <param name="Window">All commands of the agent; those that are not this lane's are passed over.</param>
    /// <param name="Slots">The places at the agent.</param>
    /// <param name="ChangesNothing">Which are its own.</param>
    private sealed record Lane(JournalWindow<Command> Window, SemaphoreSlim Slots, bool ChangesNothing);
}
