using System.Diagnostics;
using Sekia.Modules.Workflows;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;
using Xunit.Abstractions;

namespace Sekia.Tests.Workflows;

/// <summary>Many events: each workflow has each of them once and in order, whatever happens to its file meanwhile.</summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    /// <summary>Counts, and notes every event that does not follow the one before.</summary>
    private const string Strict = """
        sekia.on("sekia.events.test", { type = "test.flood" }, function(event)
          local i = event.payload.i
          local last = sekia.state.get("last") or -1
          if i ~= last + 1 then sekia.state.set("wrong", last .. ">" .. i) end
          sekia.state.set("last", i)
          sekia.state.set("count", (sekia.state.get("count") or 0) + 1)
        end)
        """;

    [Fact]
    public async Task Every_workflow_handles_thousands_of_events_in_order()
    {
        const int Events = 5_000;
        string[] names = [.. Enumerable.Range(0, 8).Select(i => $"flow{i}")];
        await using var host = EngineHost.Start([.. names.Select(name => (name, Strict))]);

        await host.FloodAsync(0, Events);
        await host.QuietAsync();

        foreach (var name in names)
        {
            Assert.Equal(($"{Events}", null), (host.State("count", name), host.State("wrong", name)));
            var view = await host.ViewAsync(name);
            Assert.Equal((Events, Events, 0, 0), ((int)view["delivered"]!, (int)view["ok"]!, (int)view["failed"]!, (int)view["waiting"]!));
        }
    }

    [Fact]
    public async Task Effects_of_a_slow_handler_do_not_wait_for_all_that_was_read()
    {
        // Looked at in the moment of the call.
        Func<long> countHandled = () => long.MaxValue;
        var handled = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var agent = new TestAgent
        {
            OnCall = (call, _) =>
            {
                handled.TrySetResult(countHandled());
                return Task.FromResult(call.Text);
            },
        };
        await using var host = EngineHost.Start(
            """
            sekia.on("sekia.events.test", function(event)
              if event.payload.i == 1 then sekia.command("test-agent", "say", { text = "first" }) end
              for _ = 1, 400000 do end
            end)
            """,
            agent);

        countHandled = () => host.Flow().Consumer!.Sums.Ok;
        await host.FloodAsync(0, 2_000);

        Assert.InRange(await handled.Task.WaitAsync(TimeSpan.FromSeconds(30)), 1, 1_000);
    }

    [Fact]
    public async Task Edited_broken_fixed_deleted_and_restored_under_load_it_handles_each_event_once()
    {
        const int Events = 3_000;
        const int Rounds = 12;
        await using var host = EngineHost.Start(Strict);
        var path = Path.Combine(host.Folder, "flow.lua");

        for (var round = 0; round < Rounds; round++)
        {
            var posting = host.FloodAsync(Events / Rounds * round, Events / Rounds * (round + 1));
            switch (round % 4)
            {
                case 0:
                    await host.ChangeAsync($"{Strict}\n-- edit {round}");

                    // So that not everything is left to the last version.
                    await posting;
                    await host.QuietAsync();
                    break;
                case 1:
                    host.Write("flow", "function broken(");
                    await host.ReloadAsync();
                    break;
                case 2:
                    await host.ChangeAsync($"{Strict}\n-- fix {round}");
                    break;
                default:
                    File.Delete(path);
                    await host.ReloadAsync();
                    break;
            }

            await posting;
        }

        await host.ChangeAsync(Strict);
        await Eventually.HoldsAsync(() => host.State("last") == $"{Events - 1}");
        await host.QuietAsync();

        Assert.Equal(($"{Events}", null), (host.State("count"), host.State("wrong")));
        Assert.Empty(await host.FailuresAsync());
        Assert.True((await host.RunsAsync("?limit=1000")).Select(run => (string)run["version"]!).Distinct().Count() > 1, "Only one version ran.");
        var view = await host.ViewAsync();
        Assert.Equal((Events, Events, 0), ((int)view["delivered"]!, (int)view["ok"]!, (int)view["waiting"]!));
    }

    [Fact]
    public async Task Edited_broken_fixed_deleted_and_restored_beneath_a_steady_stream_it_handles_each_event_once()
    {
        await using var host = EngineHost.Start([("flow", Strict)], settings: ("Workflows:HotReload", "true"));
        var engine = host.Get<WorkflowEngine>();
        using var stop = new CancellationTokenSource();
        var streaming = StreamAsync(host, stop.Token);

        Task RunsAsync(string source) => Eventually.HoldsAsync(
            () => engine.Workflows.SingleOrDefault()?.Current?.Hash == WorkflowVersion.HashOf(System.Text.Encoding.UTF8.GetBytes(source)), $"runs {source[^10..]}");
        for (var round = 0; round < 3; round++)
        {
            host.Write("flow", $"{Strict}\n-- edit {round}");
            await RunsAsync($"{Strict}\n-- edit {round}");
            host.Write("flow", "function broken(");
            await Eventually.HoldsAsync(() => engine.Workflows.Single().LastLoadError is not null);
            host.Write("flow", $"{Strict}\n-- fixed {round}");
            await RunsAsync($"{Strict}\n-- fixed {round}");
            File.Delete(Path.Combine(host.Folder, "flow.lua"));
            await Eventually.HoldsAsync(() => engine.Workflows.Count == 0);
            host.Write("flow", $"{Strict}\n-- back {round}");
            await RunsAsync($"{Strict}\n-- back {round}");
        }

        await stop.CancelAsync();
        var (events, perSecond) = await streaming;
        await Eventually.HoldsAsync(() => host.State("last") == $"{events - 1}");

        output.WriteLine($"{events} events, {perSecond:0} a second");
        Assert.Equal(($"{events}", null), (host.State("count"), host.State("wrong")));
        Assert.Empty(await host.FailuresAsync());
    }

    /// <summary>A thousand events a second and more, until told to stop; then how many it were, and how many a second.</summary>
    private static Task<(int Events, double PerSecond)> StreamAsync(EngineHost host, CancellationToken until) => Task.Run(async () =>
    {
        const int EventsATick = 60;
        var events = 0;
        var began = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!until.IsCancellationRequested)
        {
            await host.FloodAsync(events, events + EventsATick);
            events += EventsATick;
            await tick.WaitForNextTickAsync(CancellationToken.None);
        }

        return (events, events / Stopwatch.GetElapsedTime(began).TotalSeconds);
    });

    [Fact]
    public async Task State_and_position_survive_a_restart_in_the_middle()
    {
        using var folder = new TemporaryFolder();
        await using (var host = EngineHost.Start(Strict, settings: EngineHost.DurableIn(folder)))
        {
            await host.FloodAsync(0, 1_000);
        }

        await using var again = EngineHost.Start(Strict, settings: EngineHost.DurableIn(folder));
        await again.FloodAsync(1_000, 2_000);
        await Eventually.HoldsAsync(() => again.State("last") == "1999");
        await again.QuietAsync();

        Assert.Equal(("2000", null), (again.State("count"), again.State("wrong")));
    }
}
