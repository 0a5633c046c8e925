using Sekia.Modules.Bus;

namespace Sekia.Modules.Journal;

/// <summary>Sums over the whole life of the journal, retention or not: events accepted, and how many commands stand at each status.</summary>
public sealed class Tallies
{
    private readonly long[] _commands;

    internal Tallies(long events, long[] commands)
    {
        Events = events;
        _commands = commands;
    }

    /// <summary>Events accepted since the journal was made.</summary>
    public long Events { get; }

    /// <summary>Commands that stand at this status now. A removed old one still counts.</summary>
    public long Commands(CommandStatus status) => _commands[(int)status];

    internal Tallies Plus(long events, ReadOnlySpan<long> commands)
    {
        var sums = (long[])_commands.Clone();
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] += commands[i];
        }

        return new Tallies(Events + events, sums);
    }
}
