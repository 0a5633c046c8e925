using Sekia.Modules.Bus;
using Sekia.Modules.Hosting;

namespace Sekia.Modules.Agents;

/// <summary>One agent in the registry: who it is, how it is doing, and what it has done since the host started.</summary>
public sealed class AgentEntry
{
    private static readonly TimeSpan s_handover = TimeSpan.FromSeconds(2);

    private readonly Func<AgentOptions> _settings;
    private readonly LiveOptions<AgentsOptions> _agents;
    private readonly TimeProvider _clock;
    private long _events;
    private long _ignored;
    private long _commands;
    private long _errors;
    private long _lastEventAt;
    private long _lastHeartbeatAt;
    private int _handovers;
    private volatile bool _stopped;
    private volatile object? _dryRun;

    internal AgentEntry(IAgent agent, Func<AgentOptions> settings, LiveOptions<AgentsOptions> agents, TimeProvider clock)
    {
        Agent = agent;
        _settings = settings;
        _agents = agents;
        _clock = clock;
        RegisteredAt = Now;
    }

    public IAgent Agent { get; }

    public string Name => Agent.Name;

    /// <summary>Its settings as they are now.</summary>
    public AgentOptions Settings => _settings();

    /// <summary>When it was registered, in Unix milliseconds.</summary>
    public long RegisteredAt { get; }

    /// <summary>Its last heartbeat, in Unix milliseconds; zero before the first.</summary>
    public long LastHeartbeatAt => Interlocked.Read(ref _lastHeartbeatAt);

    /// <summary>Its last event or carried out command, in Unix milliseconds; zero before the first.</summary>
    public long LastEventAt => Interlocked.Read(ref _lastEventAt);

    /// <summary>Events it published.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>What its source sent that is no event here.</summary>
    public long Ignored => Interlocked.Read(ref _ignored);

    /// <summary>Commands it carried out.</summary>
    public long Commands => Interlocked.Read(ref _commands);

    /// <summary>Reads and commands that failed.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Why it does less than it should, when it does.</summary>
    public string? DegradedBecause => Reading.Reason ?? Sending.Reason;

    /// <summary>Why its commands are not sent; <c>null</c> when they are.</summary>
    public string? DryRunBecause =>
        _agents.Current.DryRun ? "Agents:DryRun is on for all agents"
        : DryRunSwitched is true ? $"dry run was switched on for {Name}"
        : DryRunSwitched is null && Settings.DryRun ? $"DryRun is on for {Name}"
        : Agent.CannotSend;

    /// <summary>What a person has switched its dry run to, over its settings; <c>null</c> when they count. See <see cref="DryRunSwitch"/>.</summary>
    public bool? DryRunSwitched => (bool?)_dryRun;

    /// <summary>Whether its loops are really turning. Set by those who run them; a heartbeat is sent only when all say yes.</summary>
    internal List<Func<bool>> Pulses { get; } = [];

    /// <summary>What keeps it from reading its source.</summary>
    internal Trouble Reading { get; } = new();

    /// <summary>What keeps its commands from being carried out.</summary>
    internal Trouble Sending { get; } = new();

    /// <summary>How it is doing.</summary>
    public AgentStatus Status =>
        _stopped ? AgentStatus.Stopped
        : LastHeartbeatAt == 0 ? AgentStatus.Starting
        : Now - LastHeartbeatAt > _agents.Current.StaleAfter.TotalMilliseconds ? AgentStatus.Stale
        : DegradedBecause is null ? AgentStatus.Alive
        : AgentStatus.Degraded;

    /// <summary>Whether a command only reads.</summary>
    internal bool ChangesNothing(Command command)
    {
        var method = Agent.Commands.FirstOrDefault(known => known.Name == command.Name);
        if (method is not { DependsOnCall: true })
        {
            return method?.Traits.HasFlag(CommandTraits.ReadOnly) ?? false;
        }

        try
        {
            return Prepared.From(this, command).Traits.HasFlag(CommandTraits.ReadOnly);
        }
        catch (InvalidCommandException)
        {
            return false;
        }
    }

    /// <summary>Begins to send something, unless that is not to be done any more.</summary>
    /// <param name="begin">Hands it to the agent.</param>
    /// <param name="dry">Why it was not begun; <c>null</c> when it was.</param>
    /// <returns>What has begun; <c>null</c> when nothing has.</returns>
    internal Task<T>? TrySendAsync<T>(Func<Task<T>> begin, out string? dry)
    {
        Interlocked.Increment(ref _handovers);
        try
        {
            dry = DryRunBecause;
            return dry is null ? begin() : null;
        }
        finally
        {
            Interlocked.Decrement(ref _handovers);
        }
    }

    /// <summary>Sets dry run by hand, see <see cref="DryRunSwitch"/>. What is about to be handed to the agent at this moment is handed over before this returns.</summary>
    internal void SwitchDryRun(bool? on)
    {
        _dryRun = on;

        // Whoever has not looked by now sees it; whoever has is about to be with the agent. One that keeps the thread it is called on is not waited for.
        Interlocked.MemoryBarrier();
        SpinWait.SpinUntil(() => Volatile.Read(ref _handovers) == 0, s_handover);
    }

    /// <summary>Counts events it has published.</summary>
    internal void CountEvents(int count)
    {
        if (count > 0)
        {
            Interlocked.Add(ref _events, count);
            Interlocked.Exchange(ref _lastEventAt, Now);
        }
    }

    internal void CountIgnored() => Interlocked.Increment(ref _ignored);

    internal void CountCommand()
    {
        Interlocked.Increment(ref _commands);
        Interlocked.Exchange(ref _lastEventAt, Now);
    }

    internal void CountError() => Interlocked.Increment(ref _errors);

    internal void Beat(long now) => Interlocked.Exchange(ref _lastHeartbeatAt, now);

    internal void Stop() => _stopped = true;

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>How an agent is doing.</summary>
public enum AgentStatus
{
    /// <summary>It has not turned its loop yet.</summary>
    Starting,

    Alive,

    /// <summary>It runs, but its service does not answer as it should; there is a reason.</summary>
    Degraded,

    /// <summary>No heartbeat for a while: its loop hangs.</summary>
    Stale,

    /// <summary>The host is stopping.</summary>
    Stopped,
}
