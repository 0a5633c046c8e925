using System.Net;
using Sekia.Modules.Agents;
using Sekia.Tests.Agents;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>What waits for somebody to decide, and whose failures are decided about.</summary>
public sealed class DecisionTests
{
    private const string Fails = """sekia.on("sekia.events.test", function() error("no") end)""";
    private const string Asks = """sekia.on("sekia.events.test", function() for i = 1, 2 do sekia.command("no-agent", "do", {}) end end)""";
    private const string Idles = """sekia.on("sekia.events.test", function() end)""";

    [Fact]
    public async Task The_status_counts_each_kind_of_what_waits_for_somebody()
    {
        var agent = new TestAgent { OnCall = (call, _) => call.Text == "lost" ? throw new IOException("connection reset") : throw new CommandFailedException("no") };
        await using var host = EngineHost.Start([("flow", Fails), ("asks", Asks), ("changed", Idles), ("off", Idles), ("broken", "function"), ("wrong", "function")], agent);
        for (var i = 0; i < 4; i++)
        {
            await host.HandleAsync();
        }

        foreach (var text in (string[])["no", "no", "lost", "lost", "lost", "lost", "lost"])
        {
            await host.PostAsync("/api/v1/commands", new { agent = "test-agent", command = "say", payload = new { text } });
        }

        host.Write("changed", "function");
        await host.ReloadAsync();
        await host.PostAsync("/api/v1/workflows/off/disable", status: HttpStatusCode.OK);

        const string Expected = """{"failed_runs":4,"failed_commands":2,"uncertain_commands":5,"commands_without_agent":8,"workflows_refused":3,"workflows_off":1}""";
        var last = "";
        await Eventually.GetAsync(async () => (last = (await host.GetAsync("/api/v1/status"))["attention"]!.ToJsonString()) == Expected ? last : null, () => $"{Expected}; it is {last}");
    }

    [Fact]
    public async Task Failures_of_a_workflow_whose_file_is_gone_can_be_decided_about_as_long_as_there_are_some()
    {
        await using var host = EngineHost.Start(Fails);
        await host.HandleAsync();
        File.Delete(Path.Combine(host.Folder, "flow.lua"));
        await host.ReloadAsync();

        Assert.Equal(1, (int)(await host.PostAsync("/api/v1/failures/dismiss?workflow=flow", status: HttpStatusCode.OK))["count"]!);
        await host.PostAsync("/api/v1/failures/dismiss?workflow=flow", status: HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_workflow_whose_file_does_not_load_is_known_and_has_no_failures()
    {
        await using var host = EngineHost.Start([("broken", "function")]);

        Assert.Equal(0, (int)(await host.PostAsync("/api/v1/failures/retry?workflow=broken"))["count"]!);
        await host.PostAsync("/api/v1/failures/retry?workflow=brocken", status: HttpStatusCode.NotFound);
    }
}
