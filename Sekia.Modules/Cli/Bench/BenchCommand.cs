using System.CommandLine;

namespace Sekia.Modules.Cli.Bench;

/// <summary><c>sekia bench</c>: how fast Sekia is on this machine, next to how fast its disk and SQLite are.</summary>
internal static class BenchCommand
{
    public static Command Create(IReadOnlyList<IModule> modules)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of a table." };
        var command = new Command("bench", "Measures how fast Sekia is on this machine. Takes less than a minute, in a temporary directory.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            modules, parsed.GetValue(json), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyList<IModule> modules, bool json, TextWriter output, TextWriter progress, CancellationToken cancellationToken)
    {
        var figures = new BenchFigures();
        var directory = Directory.CreateTempSubdirectory("sekia-bench-");
        try
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
        finally
        {
            directory.Delete(recursive: true);
        }

        if (json)
        {
            figures.WriteJson(output);
        }
        else
        {
            figures.WriteTable(output);
        }

        return 0;
    }
}
