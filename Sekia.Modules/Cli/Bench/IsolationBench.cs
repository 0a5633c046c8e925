using System.Globalization;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Bench;

/// <summary>What one workflow feels of others that run for ever, want all memory, or wait for long answers.</summary>
internal static class IsolationBench
{
    private const int Events = 3000;
    private const int Waiting = 20;

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
    /// <param name="figures">To add to.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    public static async Task MeasureAsync(BenchHost host, string folder, Func<Event> newEvent, BenchFigures figures, CancellationToken cancellationToken)
    {
        async Task AddAsync(string name, string meaning)
        {
            var latencies = await CommandLatency.MeasureAsync(host, Events, newEvent, cancellationToken);
            figures.Explain(Percentile.Of(latencies, 50), "ms", $"Accepted to command through Lua{meaning}, p50");
            figures.Add(name, Percentile.Of(latencies, 99), "ms", $"Accepted to command through Lua{meaning}, p99");
            figures.Explain(latencies.Max(), "ms", $"Accepted to command through Lua{meaning}, slowest");
        }

        await CommandLatency.MeasureAsync(host, Events / 10, newEvent, cancellationToken);
        await AddAsync("lua_command_p99_ms", "");
        for (var i = 0; i < Waiting; i++)
        {
            var script = string.Create(CultureInfo.InvariantCulture, $"sekia.on('sekia.events.wait', function(e) sekia.call('{BenchAgent.AgentName}', 'wait', {{ seconds = 5 }}) end)");
            await File.WriteAllTextAsync(Path.Combine(folder, $"waiting-{i}.lua"), script, cancellationToken);
        }

        await host.Workflows.ReloadAsync(cancellationToken);
        await host.Bus.PublishAsync(new Event { Subject = "sekia.events.wait", Type = "bench.wait", Source = "bench" }, cancellationToken);
        await AddAsync("lua_command_p99_beside_waiting_ms", string.Create(CultureInfo.InvariantCulture, $" beside {Waiting} that wait 5 s"));

        await AttackAsync(host, folder, s_hostile[..1], cancellationToken);
        await AddAsync("lua_command_p99_beside_one_hostile_ms", " beside one that runs for ever");
        await AttackAsync(host, folder, s_hostile, cancellationToken);
        await AddAsync("lua_command_p99_beside_hostile_ms", string.Create(CultureInfo.InvariantCulture, $" beside {s_hostile.Length} that run for ever"));
        foreach (var file in Directory.EnumerateFiles(folder, "hostile-*.lua").Concat(Directory.EnumerateFiles(folder, "waiting-*.lua")))
        {
            File.Delete(file);
        }

        await host.Workflows.ReloadAsync(cancellationToken);
    }

    private static async Task AttackAsync(BenchHost host, string folder, IEnumerable<string> scripts, CancellationToken cancellationToken)
    {
        foreach (var (number, body) in scripts.Index())
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder, $"hostile-{number}.lua"), $"sekia.on('sekia.events.attack', function(e) {body} end)", cancellationToken);
        }

        await host.Workflows.ReloadAsync(cancellationToken);
        await host.Bus.PublishAsync(new Event { Subject = "sekia.events.attack", Type = "bench.attack", Source = "bench" }, cancellationToken);
    }
}
