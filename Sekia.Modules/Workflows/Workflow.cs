using Microsoft.Extensions.Logging;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Modules.Workflows;

/// <summary>
/// One workflow over all versions of its file: reads the events that concern it in journal order, runs its handlers one at a time, and
/// commits what they asked for together with its position. A new version takes over between two events, at the same position.
/// </summary>
internal sealed partial class Workflow(string name, EventJournal journal, RunExecution execution, TimeProvider clock, ILogger logger)
    : IDisposable
{
    private const int MaxEventsRead = 256;
    private const int MaxCommitsUnderWay = 4;

    /// <summary>What is done waits no longer than this for the rest of what was read: a slow handler must not hold up the effects of others.</summary>
    private static readonly TimeSpan s_gathered = TimeSpan.FromMilliseconds(20);

    private readonly HandlerDispatch _dispatch = new(journal, execution);
    private readonly VersionHandover _versions = new(clock);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Slice? _slice;
    private bool _isTouched;
    private long _disabledAt;

    public string Name => name;

    /// <summary>What it keeps under <c>sekia.state</c>.</summary>
    public WorkflowMemory Memory { get; } = new();

    /// <inheritdoc cref="VersionHandover.Current"/>
    public WorkflowVersion? Current => _versions.Current;

    /// <summary>Its place in the journal; <c>null</c> before it has begun.</summary>
    public Consumer? Consumer { get; private set; }

    /// <summary>The place of the one that it takes over from: until it has its own, it stands where that one stood.</summary>
    public Consumer? Former
    {
        init => Consumer = value;
    }

    /// <inheritdoc cref="VersionHandover.LoadedAt"/>
    public DateTimeOffset LoadedAt => _versions.LoadedAt;

    /// <summary>Why the last failed run failed.</summary>
    public string? LastError { get; set; }

    /// <summary>Since when it is switched off, in Unix milliseconds; <c>null</c> when it is not. Then it keeps its place, and its events wait.</summary>
    public long? DisabledAt
    {
        get => Interlocked.Read(ref _disabledAt) is var at && at != 0 ? at : null;
        init => _disabledAt = value ?? 0;
    }

    /// <summary>The identities of the handlers whose last runs took longer than a turn, see <see cref="LongRuns"/>. For one run at a time.</summary>
    public HashSet<string> LongHandlers { get; } = new(StringComparer.Ordinal);

    /// <summary>Why the newest version of the file does not run; <c>null</c> when it does.</summary>
    public string? LastLoadError { get; set; }

    /// <inheritdoc cref="VersionHandover.NewestHash"/>
    public string? NewestHash => _versions.NewestHash;

    /// <summary>Completes when it has its place in the journal, or has failed to get one: from then on no event passes it by.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Who publishes what a workflow publishes, and the name of its consumer.</summary>
    public static string SourceOf(string name) => "workflow:" + name;

    /// <summary>Where the workflow hears what concerns it alone: a schedule that fires, a failed run to try again.</summary>
    public static string SubjectOf(string name) => Subject.OfWorkflow(name);

    /// <summary>Told whenever a version takes over.</summary>
    public Action? OnVersion { get; init; }

    /// <summary>How often a state of it was held in a call inside Lua that cannot be stopped, and had to be left behind.</summary>
    public int Wedged { get; init; }

    /// <summary>What is in Lua's hands at this moment; <c>null</c> when nothing is.</summary>
    public Slice? InLua
    {
        get => _slice;
        set => _slice = value;
    }

    /// <summary>The run that held the state before this one: it is not executed again, but recorded as failed.</summary>
    public WorkflowRun? Culprit { get; init; }

    /// <summary>Hands over a good version. It takes effect when the event at hand is done.</summary>
    public void Change(WorkflowVersion version) => _versions.Change(version);

    /// <summary>Switches it off or on: from now on no event is begun, or those that waited are. The one at hand is finished.</summary>
    public void Switch(long? disabledAt)
    {
        Interlocked.Exchange(ref _disabledAt, disabledAt ?? 0);
        _versions.Interrupt();
    }

    /// <summary>Takes the same version once more, with a fresh state, unless a newer one waits.</summary>
    /// <inheritdoc cref="VersionHandover.Renew"/>
    public void Renew() => _versions.Renew();

    /// <summary>What is to run in place of this workflow, which is held.</summary>
    /// <inheritdoc cref="VersionHandover.GiveUp"/>
    public WorkflowVersion GiveUp() => _versions.GiveUp();

    /// <summary>Works until told to stop, or until its file is gone.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            using var until = TakeChange(stopping);
            try
            {
                await ConsumeAsync(_versions.Current!, until.Token);
            }
            catch (OperationCanceledException) when (until.IsCancellationRequested)
            {
            }
            catch (ConsumerReplacedException) when (until.IsCancellationRequested)
            {
            }
            catch (JournalUnavailableException fault)
            {
                LogPaused(name, fault.Message);
                await PauseAsync(stopping);
            }
            catch (Exception fault)
            {
                // A bug of ours: nothing of what was under way is committed, so nothing is lost by beginning again from the position.
                LogBroken(fault, name);
                await PauseAsync(stopping);
            }

            Clean();
        }

        _begun.TrySetResult();
        if (Consumer is not null)
        {
            journal.Detach(Consumer);
        }
    }

    public void Dispose() => _versions.Dispose();

    /// <summary>What was begun and is not in the journal is executed again: not in a state in which its globals say that it was done.</summary>
    private void Clean()
    {
        if (!_isTouched)
        {
            return;
        }

        try
        {
            Renew();
            _isTouched = false;
        }
        catch (LuaScriptException fault)
        {
            LogNotRenewed(name, fault.Message);
        }
    }

    private CancellationTokenSource TakeChange(CancellationToken stopping)
    {
        var until = _versions.Take(stopping, out var isNew);
        if (isNew)
        {
            _isTouched = false;
            OnVersion?.Invoke();
        }

        return until;
    }

    /// <summary>Handles events with one version of the script.</summary>
    private async Task ConsumeAsync(WorkflowVersion version, CancellationToken until)
    {
        SubjectPattern[] patterns = [.. version.Patterns, SubjectPattern.Parse(SubjectOf(name))];

        // One that was held, and that another has taken the place of meanwhile, must not take it back.
        until.ThrowIfCancellationRequested();
        var consumer = await journal.OpenConsumerAsync(SourceOf(name), patterns, CancellationToken.None);
        Consumer = consumer;
        Memory.Load(journal.Reader.State(consumer.Turn.Consumer));
        _begun.TrySetResult();
        if (DisabledAt is not null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, until);
        }

        var batch = new RunBatch(consumer, MaxCommitsUnderWay);
        var isAtHand = false;
        try
        {
            while (true)
            {
                var gathering = clock.GetTimestamp();
                foreach (var evt in await NextAsync(consumer, batch, until))
                {
                    until.ThrowIfCancellationRequested();
                    if (DisabledAt is not null)
                    {
                        // Whoever switches it off is told so before the word gets here by way of the token.
                        throw new OperationCanceledException("The workflow is switched off.");
                    }

                    _isTouched = isAtHand = true;
                    await _dispatch.HandleAsync(this, version, evt, batch, until);
                    batch.EventDone(evt);
                    isAtHand = false;
                    if (Culprit?.Handled.Seq == evt.Seq)
                    {
                        // On disk before the next one may wedge: whoever comes after knows only one culprit.
                        await batch.FlushAsync();
                    }

                    if (clock.GetElapsedTime(gathering) > s_gathered)
                    {
                        await batch.CommitAsync();
                        gathering = clock.GetTimestamp();
                    }
                }

                await batch.CommitAsync();
            }
        }
        catch (Exception end) when (end is StateGivenUpException || (end is OperationCanceledException && (until.IsCancellationRequested || DisabledAt is not null)))
        {
            // What is done is committed, also when something else is to come; what is not begins again from the position.
            await batch.FlushAsync();
            _isTouched = isAtHand;
        }
    }

    private static async ValueTask<IReadOnlyList<Event>> NextAsync(Consumer consumer, RunBatch batch, CancellationToken until)
    {
        var next = consumer.ReadAsync(MaxEventsRead, until);
        if (next.IsCompleted)
        {
            return await next;
        }

        // Nothing has come in, and may not for long: a commit that fails must not go unseen until then.
        var coming = next.AsTask();
        await batch.FlushAsync();
        return await coming;
    }

    private async Task PauseAsync(CancellationToken stopping)
    {
        _begun.TrySetResult();
        await Task.Delay(TimeSpan.FromSeconds(1), clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Workflow {Workflow} pauses: {Reason}")]
    private partial void LogPaused(string workflow, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Workflow {Workflow} goes on in the state it has, for its file does not load a second time: {Reason}")]
    private partial void LogNotRenewed(string workflow, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Workflow {Workflow} broke and begins again from its position")]
    private partial void LogBroken(Exception fault, string workflow);
}

/// <summary>A run cannot go on in its state: it is executed again in a fresh one.</summary>
internal sealed class StateGivenUpException() : Exception("The run is executed again in a fresh state.");
