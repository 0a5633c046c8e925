using System.Globalization;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Bench;

/// <summary>What one workflow feels of others that run for ever, want all memory, or wait for long answers.</summary>
internal static class IsolationBench
{
    private const int Events = 5000;
    private const int Waiting = 20;

    /// <summary>By then, what runs for ever is known to.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromMilliseconds(250);

    private const string Wait = $"sekia.call('{BenchAgent.AgentName}', 'wait', {{ seconds = 5 }})";

    private static readonly string[] s_hostile =
    [
        "while true do end",
        "local t = {} while true do pcall(function() for i = 1, 1e9 do t[i] = { i } end end) t = {} end",
        "('x'):rep(100):gsub('.', function() while true do end end)",
        "local function f() return 1 + f() end while true do pcall(f) end",
    ];

    /// <param name="host">With a workflow that labels on <c>sekia.events.lua-label</c>.</param>
    /// <param name="folder">Of its workflows.</param>
    /// <param name="newEvent">One that is labelled.</param>
    /// <param name="rounds">How often each is measured, in turns: what else the machine does meanwhile falls on all of them.</param>
    /// <param name="figures">To add to.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public static async Task MeasureAsync(BenchHost host, string folder, Func<Event> newEvent, long rounds, BenchFigures figures, CancellationToken cancellationToken)
    {
        Neighbors[] neighbors =
        [
            new("", "", "", []),
            new("_beside_waiting", string.Create(CultureInfo.InvariantCulture, $" beside {Waiting} that wait 5 s"), "wait", [.. Enumerable.Repeat(Wait, Waiting)]),
            new("_beside_one_hostile", " beside one that runs for ever", "attack", s_hostile[..1]),
            new("_beside_hostile", string.Create(CultureInfo.InvariantCulture, $" beside {s_hostile.Length} that run for ever"), "attack", s_hostile),
        ];
        await CommandLatency.MeasureAsync(host, Events, newEvent, cancellationToken);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var some in neighbors)
            {
                await MoveInAsync(host, folder, some, cancellationToken);
                some.Add(await CommandLatency.MeasureAsync(host, Events, newEvent, cancellationToken));
                await MoveOutAsync(host, folder, cancellationToken);
            }
        }

        foreach (var some in neighbors)
        {
            figures.Explain(Median(some.Halves), "ms", $"Accepted to command through Lua{some.Meaning}, p50");
            figures.Add($"lua_command_p99{some.Name}_ms", Median(some.Slowest), "ms", $"Accepted to command through Lua{some.Meaning}, p99");
        }
    }

    /// <summary>Of an even number, the higher of the two in the middle.</summary>
    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

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
