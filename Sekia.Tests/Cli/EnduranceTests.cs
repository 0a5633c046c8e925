using System.Text.Json.Nodes;
using Sekia.Tests.Support;

namespace Sekia.Tests.Cli;

public sealed class EnduranceTests
{
    /// <summary>A hundred bytes kept of each event would show as a fifth more.</summary>
    [Fact]
    public async Task Memory_does_not_grow_with_what_has_passed_through()
    {
        using var folder = new TemporaryFolder();

        var ended = await SekiaProcess.RunAsync(folder, ["bench", "--endurance", "300000", "--json"]);

        Assert.Equal(0, ended.ExitCode);
        var figures = JsonNode.Parse(ended.Output)!;
        Assert.InRange((double)figures["endurance_rss_spread"]!, 0, 15);
        Assert.InRange((double)figures["endurance_rss_mb"]!, 10, 300);
    }
}
