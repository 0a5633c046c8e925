using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>One minute, in a place that later minutes use again.</summary>
internal sealed class MinuteSums
{
    /// <summary>Steps of the square root of 2 from 0.1 ms on: up to half an hour.</summary>
    private const int Steps = 48;

    private const double FirstStep = 0.1;

    private readonly long[] _latencies = new long[Steps];
    private long _minute;
    private long _commands;
    private long _commandsFailed;

    public long Events { get; set; }

    public long RunsOk { get; set; }

    public long RunsFailed { get; set; }

    public void Begin(long minute)
    {
        if (_minute != minute)
        {
            _minute = minute;
            (Events, RunsOk, RunsFailed, _commands, _commandsFailed) = (0, 0, 0, 0, 0);
            Array.Clear(_latencies);
        }
    }

    public void Ended(CommandStatus status, double milliseconds)
    {
        _commands++;
        _commandsFailed += status is CommandStatus.Failed or CommandStatus.Uncertain ? 1 : 0;
        _latencies[Math.Clamp((int)Math.Ceiling(2 * Math.Log2(Math.Max(milliseconds, FirstStep) / FirstStep)), 0, Steps - 1)]++;
    }

    public TrafficMinute View(long minute) => _minute == minute
        ? new TrafficMinute(minute * Traffic.MillisecondsPerMinute, Events, RunsOk, RunsFailed, _commands, _commandsFailed, Quantile(0.5), Quantile(0.95))
        : new TrafficMinute(minute * Traffic.MillisecondsPerMinute, 0, 0, 0, 0, 0, null, null);

    private double? Quantile(double share)
    {
        var left = Math.Ceiling(_commands * share);
        for (var step = 0; left > 0 && step < Steps; step++)
        {
            left -= _latencies[step];
            if (left <= 0)
            {
                return FirstStep * Math.Pow(2, step / 2.0);
            }
        }

        return null;
    }
}

/// <summary>From where to where, in the last hour. Names beyond the bound are counted together.</summary>
internal sealed class TrafficFlows
{
    private const int MaxFlows = 200;
    private const string Others = "other";

    private readonly Dictionary<(string From, string To), Flow> _flows = [];
    private (string From, string To) _lastKey;
    private Flow? _last;

    public void Add(string from, string to, long minute) => Find(from, to, minute).Count[minute % Traffic.Minutes]++;

    public void AddFailed(string from, string to, long minute) => Find(from, to, minute).Failed[minute % Traffic.Minutes]++;

    public void AddDry(string from, string to, long minute) => Find(from, to, minute).Dry[minute % Traffic.Minutes]++;

    /// <summary>The busiest first.</summary>
    public IReadOnlyList<TrafficFlow> View(long minute)
    {
        foreach (var flow in _flows.Values)
        {
            flow.MoveTo(minute);
        }

        return [.. _flows.Select(flow => new TrafficFlow(flow.Key.From, flow.Key.To, flow.Value.Count.Sum(), flow.Value.Failed.Sum(), flow.Value.Dry.Sum()))
            .Where(flow => flow.Count + flow.Failed > 0).OrderByDescending(flow => flow.Count)];
    }

    private Flow Find(string from, string to, long minute)
    {
        // Most of what comes is of the same kind as what came before.
        if (_last is null || _lastKey.From != from || _lastKey.To != to)
        {
            _last = _flows.TryGetValue((from, to), out var known) ? known : Make(from, to, minute);
            _lastKey = (from, to);
        }

        _last.MoveTo(minute);
        return _last;
    }

    private Flow Make(string from, string to, long minute)
    {
        if (_flows.Count >= MaxFlows)
        {
            foreach (var (key, flow) in _flows.Where(flow => flow.Value.IsOver(minute)).ToList())
            {
                _flows.Remove(key);
            }
        }

        var name = _flows.Count < MaxFlows ? (from, to) : (Others, Others);
        return _flows.TryGetValue(name, out var others) ? others : _flows[name] = new Flow(minute);
    }

    private sealed class Flow(long minute)
    {
        private long _minute = minute;

        public long[] Count { get; } = new long[Traffic.Minutes];

        public long[] Failed { get; } = new long[Traffic.Minutes];

        public long[] Dry { get; } = new long[Traffic.Minutes];

        public bool IsOver(long now) => now - _minute >= Traffic.Minutes;

        /// <summary>Forgets the minutes between the last one and this one.</summary>
        public void MoveTo(long minute)
        {
            for (var gone = Math.Max(_minute + 1, minute - Traffic.Minutes + 1); gone <= minute; gone++)
            {
                var place = gone % Traffic.Minutes;
                (Count[place], Failed[place], Dry[place]) = (0, 0, 0);
            }

            _minute = Math.Max(_minute, minute);
        }
    }
}
