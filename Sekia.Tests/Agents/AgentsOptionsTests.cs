using Sekia.Modules.Agents;
using Sekia.Modules.Hosting;
using Sekia.Tests.Support;

namespace Sekia.Tests.Agents;

public sealed class AgentsOptionsTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    [Theory]
    [InlineData("Agents:HeartbeatInterval=00:05:00", "Agents:StaleAfter: is 00:01:30, which must be at least twice Agents:HeartbeatInterval (00:05:00)")]
    [InlineData("Agents:StaleAfter=00:00:59", "Agents:StaleAfter (command line --Agents:StaleAfter): is 00:00:59")]
    public void An_agent_is_not_stale_before_its_next_heartbeat(string setting, string expected)
    {
        var failure = Assert.Throws<StartFailedException>(() => ModuleHost.Build(_root, [new AgentsModule()], setting));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_intervals_are_enough()
    {
        await using var app = ModuleHost.Build(_root, [new AgentsModule()], "Agents:HeartbeatInterval=00:05:00", "Agents:StaleAfter=00:10:00");

        Assert.NotNull(app);
    }

    public void Dispose() => _root.Dispose();
}
