using System.Diagnostics;
using System.Globalization;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Cli.Bench;

/// <summary>The same with Lua in the loop: a workflow that labels issues, one that hears and does nothing, and one among a thousand.</summary>
internal static class LuaBench
{
    private const int Publishers = 64;
    private const int EventsACall = 8;
    private const int Others = 999;
    private const int IsolationRounds = 5;

    private const string Labeller =
        """
        sekia.on("sekia.events.lua-label", function(event)
          if event.type ~= "github.issue.opened" then return end
          local title = string.lower(event.payload.title or "")
          if string.find(title, "bug") then
            sekia.command("bench-agent", "add_label", {
              owner = event.payload.owner, repo = event.payload.repo, number = event.payload.number, label = "bug",
            })
          end
        end)
        """;

    private const string Listener =
        """
        sekia.on("sekia.events.lua-hear", function(event)
          local title = string.lower(event.payload.title or "")
          if string.find(title, "feature") then sekia.log("info", title) end
        end)
        """;

    public static async Task MeasureAsync(BenchHost host, string directory, BenchFigures figures, CancellationToken cancellationToken)
    {
        var folder = await BeginAsync(host, directory, cancellationToken);
        figures.Add("lua_event_to_command_per_s", await PerSecondAsync(host, "labeller", "lua-label", 200, cancellationToken), "events/s", "Event to Lua to command, carried out and recorded");
        await PerSecondAsync(host, "listener", "lua-hear", 50, cancellationToken);
        var alone = await PerSecondAsync(host, "listener", "lua-hear", 400, cancellationToken);
        figures.Add("lua_noop_per_s", alone, "events/s", "Event to Lua, which does nothing");
        await IsolationBench.MeasureAsync(host, folder, () => NewEvent("lua-label"), IsolationRounds, figures, cancellationToken);

        for (var other = 0; other < Others; other++)
        {
            var script = string.Create(CultureInfo.InvariantCulture, $"sekia.on(\"sekia.events.other-{other}\", function(event) end)");
            await File.WriteAllTextAsync(Path.Combine(folder, $"other-{other}.lua"), script, cancellationToken);
        }

        var watch = Stopwatch.StartNew();
        await host.Workflows.ReloadAsync(cancellationToken);
        figures.Explain(watch.Elapsed.TotalMilliseconds, "ms", $"{Others} workflows loaded");
        await PerSecondAsync(host, "listener", "lua-hear", 50, cancellationToken);
        figures.Add("lua_1000_workflows_ratio", alone / await PerSecondAsync(host, "listener", "lua-hear", 400, cancellationToken), "x", "Cost of an event with 1,000 workflows to that with one");
    }

    /// <summary>What a workflow feels of its neighbors, and nothing else.</summary>
    public static async Task MeasureIsolationAsync(BenchHost host, string directory, long rounds, BenchFigures figures, CancellationToken cancellationToken)
    {
        var folder = await BeginAsync(host, directory, cancellationToken);
        await IsolationBench.MeasureAsync(host, folder, () => NewEvent("lua-label"), rounds, figures, cancellationToken);
    }

    /// <summary>Loads the workflows and warms up.</summary>
    private static async Task<string> BeginAsync(BenchHost host, string directory, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(directory, "workflows")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "labeller.lua"), Labeller, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "listener.lua"), Listener, cancellationToken);
        await host.Workflows.ReloadAsync(cancellationToken);
        await PerSecondAsync(host, "labeller", "lua-label", 20, cancellationToken);
        return folder;
    }

    /// <summary>Until each event has been handled, and each command of it carried out.</summary>
    private static async Task<double> PerSecondAsync(BenchHost host, string workflow, string source, int calls, CancellationToken cancellationToken)
    {
        var events = Publishers * calls * EventsACall;
        var succeeded = Succeeded(host) + (source == "lua-label" ? events : 0);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async _ =>
        {
            for (var call = 0; call < calls; call++)
            {
                await host.Bus.PublishAsync([.. Enumerable.Range(0, EventsACall).Select(_ => NewEvent(source))], cancellationToken);
            }
        }));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (Succeeded(host) < succeeded || host.Journal.Consumers.First(consumer => consumer.Name == "workflow:" + workflow).Sums.Waiting > 0)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return events / watch.Elapsed.TotalSeconds;
    }

    private static long Succeeded(BenchHost host) => host.Journal.Tallies.Commands(CommandStatus.Succeeded);

    private static Event NewEvent(string source) =>
        new() { Subject = Subject.OfEvents(source), Type = "github.issue.opened", Source = source, Payload = BenchPayload.Issue };
}
