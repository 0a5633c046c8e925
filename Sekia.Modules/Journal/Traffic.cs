using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>
/// What went through in the last hour, minute by minute, and from where to where. Fed after each commit by the writer's thread, and bounded:
/// what is counted here is for looking at, the journal has the truth.
/// </summary>
public sealed class Traffic
{
    /// <summary>How far back it reaches.</summary>
    public const int Minutes = 60;

    internal const long MillisecondsPerMinute = 60_000;

    private readonly Lock _lock = new();
    private readonly TrafficFlows _deliveries = new();
    private readonly TrafficFlows _commands = new();
    private readonly MinuteSums[] _minutes = [.. Enumerable.Range(0, Minutes).Select(_ => new MinuteSums())];

    /// <summary>The last hour as it is now.</summary>
    /// <param name="now">Unix milliseconds.</param>
    public TrafficView View(long now)
    {
        var last = now / MillisecondsPerMinute;
        lock (_lock)
        {
            return new TrafficView(
                [.. Enumerable.Range(0, Minutes).Select(i => last - Minutes + 1 + i).Select(minute => _minutes[minute % Minutes].View(minute))],
                _deliveries.View(last),
                _commands.View(last));
        }
    }

    internal void Accepted(long at)
    {
        lock (_lock)
        {
            At(at).Events++;
        }
    }

    internal void Delivered(string source, string consumer, long at)
    {
        lock (_lock)
        {
            _deliveries.Add(source, consumer, at / MillisecondsPerMinute);
        }
    }

    internal void Handled(string consumer, Handled handled, long now)
    {
        lock (_lock)
        {
            var minute = At(now);
            minute.RunsOk += handled.Ok;
            minute.RunsFailed += handled.Failed;
            foreach (var run in handled.Runs)
            {
                if (run.Outcome == RunOutcome.Failed)
                {
                    _deliveries.AddFailed(run.Event.Source, consumer, now / MillisecondsPerMinute);
                }
            }
        }
    }

    /// <summary>A run of which is known when it began.</summary>
    internal void Ran(string source, string consumer, RunOutcome outcome, long at)
    {
        lock (_lock)
        {
            if (outcome == RunOutcome.Failed)
            {
                At(at).RunsFailed++;
                _deliveries.AddFailed(source, consumer, at / MillisecondsPerMinute);
            }
            else
            {
                At(at).RunsOk++;
            }
        }
    }

    /// <summary>A command has come to its end.</summary>
    internal void Ended(string source, string agent, CommandStatus status, long acceptedAt, long endedAt)
    {
        lock (_lock)
        {
            var minute = endedAt / MillisecondsPerMinute;
            At(endedAt).Ended(status, endedAt - acceptedAt);
            _commands.Add(source, agent, minute);
            if (status is CommandStatus.Failed or CommandStatus.Uncertain)
            {
                _commands.AddFailed(source, agent, minute);
            }
            else if (status == CommandStatus.DryRun)
            {
                _commands.AddDry(source, agent, minute);
            }
        }
    }

    private MinuteSums At(long milliseconds)
    {
        var minute = milliseconds / MillisecondsPerMinute;
        var sums = _minutes[minute % Minutes];
        sums.Begin(minute);
        return sums;
    }
}

/// <summary>The last hour.</summary>
/// <param name="Minutes">The oldest first.</param>
/// <param name="Deliveries">From sources to consumers.</param>
/// <param name="Commands">From those who asked for them to agents.</param>
public sealed record TrafficView(IReadOnlyList<TrafficMinute> Minutes, IReadOnlyList<TrafficFlow> Deliveries, IReadOnlyList<TrafficFlow> Commands);

/// <summary>What happened in one minute.</summary>
/// <param name="At">When it began, in Unix milliseconds.</param>
/// <param name="Median">From acceptance to the end of its commands, in milliseconds, to the next larger of a few steps; <c>null</c> without commands.</param>
/// <param name="High">So long or less took 95 of 100.</param>
public sealed record TrafficMinute(long At, long Events, long RunsOk, long RunsFailed, long Commands, long CommandsFailed, double? Median, double? High);

/// <summary>What went from one to another in the last hour.</summary>
public sealed record TrafficFlow(string From, string To, long Count, long Failed, long Dry);
