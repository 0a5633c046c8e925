using System.CommandLine;
using Sekia.Modules.Cli.Remote;

namespace Sekia.Modules.Cli.Bench;

/// <summary><c>sekia bench</c>: how fast Sekia is on this machine, next to how fast its disk and SQLite are.</summary>
internal static class BenchCommand
{
    /// <param name="modules">Of the hosts that are measured.</param>
    /// <param name="json">Whether to print one JSON object instead of a table.</param>
    public static Command Create(IReadOnlyList<IModule> modules, Option<bool> json)
    {
        var endurance = TypedArguments.Number(
            "--endurance", "Instead: so many events through one workflow, and how much memory the process has on the way.", "events", least: 1);
        var isolation = TypedArguments.Number(
            "--isolation", "Instead: what a workflow feels of others that wait or run for ever, in so many rounds of twenty seconds.", "rounds", least: 1);
        var command = new Command("bench", "Measures how fast Sekia is on this machine. Takes some minutes, in a temporary directory.") { endurance, isolation, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var figures = new BenchFigures();
            var (output, progress) = (parsed.InvocationConfiguration.Output, StandardStreams.Progress(parsed.InvocationConfiguration.Error));
            var directory = Directory.CreateTempSubdirectory("sekia-bench-");
            try
            {
                var isDone = await Interruption.UntilToldAsync(
                    told => (parsed.GetValue(endurance), parsed.GetValue(isolation)) switch
                    {
                        ({ } events, _) => EndureAsync(modules, directory.FullName, events, figures, progress, told),
                        (_, { } rounds) => IsolateAsync(modules, directory.FullName, rounds, figures, told),
                        _ => MeasureAsync(modules, directory, figures, progress, told),
                    },
                    cancellationToken);
                if (!isDone)
                {
                    await parsed.InvocationConfiguration.Error.WriteLineAsync("The measurement was ended before it was done; there are no figures.");
                    return HostFaultException.Refused;
                }
            }
            catch (HostFaultException fault)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(fault.Message);
                return fault.ExitCode;
            }
            finally
            {
                directory.Delete(recursive: true);
            }

            Action<TextWriter> write = parsed.GetValue(json) ? figures.WriteJson : figures.WriteTable;
            write(output);
            return 0;
        });
        return command;
    }

    private static async Task EndureAsync(
        IReadOnlyList<IModule> modules, string directory, long events, BenchFigures figures, TextWriter progress, CancellationToken cancellationToken)
    {
        await using var host = await BenchHost.StartAsync(directory, modules, "--Journal:KeepBytes=268435456", "--Journal:SweepInterval=00:00:01");
        await EnduranceBench.MeasureAsync(host, directory, events, figures, progress, cancellationToken);
    }

    private static async Task IsolateAsync(IReadOnlyList<IModule> modules, string directory, long rounds, BenchFigures figures, CancellationToken cancellationToken)
    {
        await using var host = await BenchHost.StartAsync(directory, modules);
        await LuaBench.MeasureIsolationAsync(host, directory, rounds, figures, cancellationToken);
    }

    private static async Task MeasureAsync(IReadOnlyList<IModule> modules, DirectoryInfo directory, BenchFigures figures, TextWriter progress, CancellationToken cancellationToken)
    {
        await progress.WriteLineAsync("SQLite on its own …");
        var bare = BareSqlite.Measure(directory.FullName, figures);
        BusBench.Measure(figures);
        await progress.WriteLineAsync("The journal, and an event's whole way …");
        await using (var host = await BenchHost.StartAsync(directory.FullName, modules))
        {
            await JournalBench.MeasureAsync(host, figures, cancellationToken);
            await WayBench.MeasureAsync(host, bare, figures, cancellationToken);
            await progress.WriteLineAsync("Workflows …");
            await LuaBench.MeasureAsync(host, directory.FullName, figures, cancellationToken);
        }

        await progress.WriteLineAsync("A host of its own, asked over HTTP …");
        await HttpBench.MeasureAsync(directory.FullName, figures, cancellationToken);
    }
}
