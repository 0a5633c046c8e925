using System.Globalization;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Bench;

/// <summary>What one workflow feels of others that run for ever, want all memory, or wait for long answers.</summary>
internal static class IsolationBench
{
    private const int Events = 1000;
    private const int Waiting = 20;

    /// <summary>What a shared machine takes away for others makes a round slower, and none faster.</summary>
    private const double Quiet = 0.25;

    /// <summary>By then, what runs for ever is known to.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromMilliseconds(250);

    private const string Wait = $"sekia.call('{BenchAgent.AgentName}', 'wait', {{ seconds = 5 }})";

    private static readonly (string Name, string Meaning, string Body)[] s_hostile =
    [
        ("loop", "loops for ever", "while true do end"),
        ("memory", "wants all memory for ever", "local t = {} while true do pcall(function() for i = 1, 1e9 do t[i] = { i } end end) t = {} end"),
        ("callback", "loops for ever in a callback", "('x'):rep(100):gsub('.', function() while true do end end)"),
        ("recursion", "calls itself for ever", "local function f() return 1 + f() end while true do pcall(f) end"),
    ];

    /// <param name="host">With a workflow that labels on <c>sekia.events.lua-label</c>.</param>
    /// <param name="folder">Of its workflows.</param>
    /// <param name="newEvent">One that is labelled.</param>
    /// <param name="rounds">
    /// How often each is measured, in turns, after a round that does not count: the program is warm then, and what else the machine does falls on
    /// all of them.
    /// </param>
    /// <param name="figures">To add to.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public static async Task MeasureAsync(BenchHost host, string folder, Func<Event> newEvent, long rounds, BenchFigures figures, CancellationToken cancellationToken)
    {
        var alone = new Neighbors("", "", "", []);
        Neighbors[] neighbors =
        [
            alone,
            new("_beside_waiting", string.Create(CultureInfo.InvariantCulture, $" beside {Waiting} that wait 5 s"), "wait", [.. Enumerable.Repeat(Wait, Waiting)]),
            .. s_hostile.Select(one => new Neighbors($"_beside_{one.Name}", $" beside one that {one.Meaning}", "attack", [one.Body])),
            new("_beside_hostile", $" beside these {s_hostile.Length} at once", "attack", [.. s_hostile.Select(one => one.Body)]),
        ];
        for (var round = -1; round < rounds; round++)
        {
            foreach (var some in neighbors)
            {
                await MoveInAsync(host, folder, some, cancellationToken);
                var latencies = await CommandLatency.MeasureAsync(host, Events, newEvent, cancellationToken);
                if (round >= 0)
                {
                    some.Add(latencies);
                }

                await MoveOutAsync(host, folder, cancellationToken);
            }
        }

        foreach (var some in neighbors)
        {
            figures.Explain(Part(some.Halves, 0.5), "ms", $"Accepted to command through Lua{some.Meaning}, p50");
            figures.Add($"lua_command_p99{some.Name}_ms", Part(some.Slowest, 0.5), "ms", $"Accepted to command through Lua{some.Meaning}, p99");
            if (some != alone)
            {
                var ratio = Part(some.Slowest, Quiet) / Part(alone.Slowest, Quiet);
                figures.Add($"lua_command_p99{some.Name}_ratio", ratio, "x", $"Its p99{some.Meaning} to that alone, in the quieter rounds");
            }
        }
    }

    /// <summary>So many of the values are below.</summary>
    private static double Part(List<double> values, double below) => values.Order().ElementAt((int)(values.Count * below));

    private static async Task MoveInAsync(BenchHost host, string folder, Neighbors some, CancellationToken cancellationToken)
    {
        foreach (var (number, body) in some.Bodies.Index())
        {
            var script = $"sekia.on('sekia.events.{some.Trigger}', function(e) {body} end)";
            await File.WriteAllTextAsync(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"neighbor-{number}.lua")), script, cancellationToken);
        }

        await host.Workflows.ReloadAsync(cancellationToken);
        if (some.Bodies.Count > 0)
        {
            await host.Bus.PublishAsync(new Event { Subject = Subject.OfEvents(some.Trigger), Type = "bench.begin", Source = "bench" }, cancellationToken);
            await Task.Delay(s_settled, cancellationToken);
        }
    }

    private static async Task MoveOutAsync(BenchHost host, string folder, CancellationToken cancellationToken)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "neighbor-*.lua"))
        {
            File.Delete(file);
        }

        await host.Workflows.ReloadAsync(cancellationToken);
    }

    /// <param name="Name">In the name of the figure.</param>
    /// <param name="Meaning">In words.</param>
    /// <param name="Trigger">The source of the event that sets them off.</param>
    /// <param name="Bodies">What they do then.</param>
    private sealed record Neighbors(string Name, string Meaning, string Trigger, IReadOnlyList<string> Bodies)
    {
        /// <summary>The p50 of each round.</summary>
        public List<double> Halves { get; } = [];

        /// <summary>The p99 of each round.</summary>
        public List<double> Slowest { get; } = [];

        public void Add(double[] latencies)
        {
            Halves.Add(Percentile.Of(latencies, 50));
            Slowest.Add(Percentile.Of(latencies, 99));
        }
    }
}
