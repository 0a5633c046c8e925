using Sekia.Modules.Bus;
using Sekia.Modules.Hosting.Access;
using Sekia.Tests.Agents;

namespace Sekia.Tests.Dashboard;

/// <summary>The buttons on the page of a command.</summary>
public sealed class CommandPageTests
{
    [Fact]
    public async Task A_command_for_an_agent_that_is_not_there_can_be_dismissed_and_not_be_sent()
    {
        await using var host = await DashboardHost.StartAsync(modules: [new TestAgentModule(new TestAgent())]);
        var command = new Command { Agent = "tset-agent", Name = "say", Source = "workflow:typo", Payload = "{}"u8.ToArray() };
        var path = $"/web/commands/{(await host.Journal.AddCommandAsync(command, CancellationToken.None)).Id}";
        using var reader = host.Host.Client();
        reader.DefaultRequestHeaders.Authorization = new("Bearer", host.Tokens.Create("reader", AccessRole.Read, DateTimeOffset.UnixEpoch));

        var page = await host.Host.Client().GetStringAsync(path);
        var read = await reader.GetStringAsync(path);

        Assert.Contains("value=\"dismiss\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("value=\"retry\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("value=\"dismiss\"", read, StringComparison.Ordinal);
    }
}
