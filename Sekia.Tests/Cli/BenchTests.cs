using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

public sealed class BenchTests
{
    [Fact]
    public async Task One_that_is_ended_says_so_and_leaves_nothing_behind()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var folder = new TemporaryFolder();

        var ended = await SekiaProcess.RunAsync(folder, ["bench", "--isolation", "1"], new Dictionary<string, string> { ["TMPDIR"] = folder.Path }, async id =>
        {
            await Eventually.GetAsync(
                () => Task.FromResult(Directory.EnumerateFiles(folder.Path, "neighbor-0.lua", SearchOption.AllDirectories).FirstOrDefault()),
                () => "a neighbor",
                limit: TimeSpan.FromSeconds(100));
            await SekiaProcess.TerminateAsync(id);
        });

        Assert.Equal((1, "", "The measurement was ended before it was done; there are no figures.\n"), ended);
        Assert.Empty(Directory.EnumerateDirectories(folder.Path, "sekia-bench-*"));
    }
}
