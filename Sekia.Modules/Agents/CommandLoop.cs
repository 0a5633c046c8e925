using System.Collections.Concurrent;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;

namespace Sekia.Modules.Agents;

/// <summary>
/// The commands of one agent: taken in order, as many at a time as it allows. What waits beyond a bound waits in the journal.
/// </summary>
internal sealed class CommandLoop : IDisposable
{
    private const int MaxTaken = 256;

    /// <summary>How many may have ended without that being on disk yet.</summary>
    private const int MaxUnsettled = 1024;

    private readonly AgentEntry _entry;
    private readonly EventJournal _journal;
    private readonly CommandExecution _execution;
    private readonly JournalWindow<Command> _window;
    private readonly SemaphoreSlim _slots;
    private readonly SemaphoreSlim _unsettled = new(MaxUnsettled);
    private readonly HashSet<long> _inHand = [];
    private readonly ConcurrentQueue<long> _settled = new();
    private readonly ConcurrentDictionary<long, Attempt> _attempts = new();

    public CommandLoop(AgentEntry entry, EventJournal journal, CommandExecution execution, TimeProvider clock)
    {
        _entry = entry;
        _journal = journal;
        _execution = execution;
        _slots = new SemaphoreSlim(entry.Settings.Concurrency);
        _window = new JournalWindow<Command>(command => command.Seq, command => command.Payload.Length + 256, ReadPending);
        lock (entry.Pulses)
        {
            entry.Pulses.Add(() => _attempts.Values.All(attempt => !attempt.IsOverdue(clock)));
        }
    }

    /// <summary>The commands that are with the agent at this moment.</summary>
    public IReadOnlyCollection<long> WithAgent => [.. _attempts.Where(attempt => attempt.Value.IsUnderWay).Select(attempt => attempt.Key)];

    /// <summary>A new command, on disk. On the writer's thread.</summary>
    public void Offer(Command command) => _window.Offer(command);

    /// <summary>A command of long ago is to be sent once more: all that is pending from there on is read anew. On the writer's thread.</summary>
    public void GoBackTo(Command command) => _window.Start(command.Seq - 1, command.Seq);

    /// <summary>Takes commands until told to stop, and ends when the last of them has come back.</summary>
    /// <param name="stopTaking">No further commands, no further attempts.</param>
    /// <param name="stopNow">Those with the agent are given up too.</param>
    public async Task RunAsync(CancellationToken stopTaking, CancellationToken stopNow)
    {
        _window.Start(0, _journal.Reader.LastCommand());
        while (!stopTaking.IsCancellationRequested)
        {
            try
            {
                foreach (var command in await _window.ReadAsync(MaxTaken, stopTaking))
                {
                    await _slots.WaitAsync(stopTaking);
                    await _unsettled.WaitAsync(stopTaking);
                    _inHand.Add(command.Seq);
                    _ = CarryOutAsync(command, stopTaking, stopNow);
                }
            }
            catch (OperationCanceledException) when (stopTaking.IsCancellationRequested)
            {
            }
            catch (JournalUnavailableException fault)
            {
                await _execution.PauseAsync(fault, stopTaking);
            }
        }

        for (var i = 0; i < MaxUnsettled; i++)
        {
            await _unsettled.WaitAsync(CancellationToken.None);
        }
    }

    public void Dispose()
    {
        _slots.Dispose();
        _unsettled.Dispose();
    }

    /// <summary>Never throws: whatever happens to a command is recorded with it.</summary>
    private async Task CarryOutAsync(Command command, CancellationToken stopTaking, CancellationToken stopNow)
    {
        try
        {
            var attempt = new Attempt();
            _attempts[command.Seq] = attempt;
            CommandState? end;
            try
            {
                end = await _execution.RunAsync(command, attempt, stopTaking, stopNow);
            }
            finally
            {
                // The next one may begin; that this one's end reaches the disk first is seen to by the order of the writer's queue.
                _attempts.TryRemove(command.Seq, out _);
                _slots.Release();
            }

            if (end is not null)
            {
                await _execution.RecordAsync(command, end, stopNow);
            }
        }
        finally
        {
            _settled.Enqueue(command.Seq);
            _unsettled.Release();
        }
    }

    /// <summary>
    /// Reads pending commands from the journal, without those in hand. What has been settled is forgotten before the journal is read,
    /// never after: a command whose end is recorded in between is still known as one in hand.
    /// </summary>
    private (List<Command> Commands, long UpTo) ReadPending(long after, long upTo)
    {
        while (_settled.TryDequeue(out var settled))
        {
            _inHand.Remove(settled);
        }

        var pending = _journal.Reader.PendingCommands(_entry.Name, after, upTo, MaxTaken);
        var last = pending.Count < MaxTaken ? upTo : pending[^1].Seq;
        pending.RemoveAll(command => _inHand.Contains(command.Seq));
        return (pending, last);
    }
}

/// <summary>Tells how long the agent has had a command.</summary>
internal sealed class Attempt
{
    private long _since;
    private TimeSpan _limit;

    public void Begin(TimeProvider clock, TimeSpan limit)
    {
        _limit = limit;
        Interlocked.Exchange(ref _since, Math.Max(1, clock.GetTimestamp()));
    }

    public void End() => Interlocked.Exchange(ref _since, 0);

    public bool IsUnderWay => Interlocked.Read(ref _since) != 0;

    /// <summary>The agent should have given up long ago, and has not.</summary>
    public bool IsOverdue(TimeProvider clock) =>
        Interlocked.Read(ref _since) is var since and not 0 && clock.GetElapsedTime(since) > _limit + TimeSpan.FromSeconds(30);
}
