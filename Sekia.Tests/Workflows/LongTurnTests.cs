using System.Diagnostics;
using Sekia.Modules.Journal;
using Sekia.Modules.Workflows;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>A run that takes long stands aside while the journal is at work.</summary>
public sealed class LongTurnTests
{
    [Fact]
    public async Task Beneath_a_steady_stream_it_goes_on_after_a_while_and_at_rest_at_once()
    {
        await using var host = EngineHost.Start("");
        using var longRuns = new LongRuns();
        var turn = new LongTurn(host.Flow(), LongRunsTests.NewRun(), longRuns, host.Get<EventJournal>());
        using var end = new CancellationTokenSource();
        var stream = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await host.FloodAsync(0, 10);
            }
        });
        var began = Stopwatch.GetTimestamp();

        await Eventually.HoldsAsync(turn.StandAside);

        Assert.True(Stopwatch.GetElapsedTime(began) >= 2 * LongRuns.Turn);
        await end.CancelAsync();
        await stream;
        await host.QuietAsync();
        turn.Begin();
        await Eventually.HoldsAsync(() => !turn.StandAside());
    }
}
