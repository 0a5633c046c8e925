using System.Net;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>Failed runs of a workflow that is no longer loaded: nobody can try them again, and whoever wants it is told so.</summary>
public sealed class LostWorkflowTests
{
    private const string Bad = """sekia.on("sekia.events.test", function(event) error("as told") end)""";
    private const string Good = """sekia.on("sekia.events.test", function(event) sekia.state.set("done", true) end)""";

    [Fact]
    public async Task A_failure_of_a_workflow_without_a_file_waits_until_there_is_one_again()
    {
        const string Sentence = "Workflow 'flow' has no file any more, so nothing of it can be tried again. Put flow.lua back, or dismiss the failure.";
        await using var host = EngineHost.Start(Bad);
        await host.HandleAsync();
        var failure = (long)Assert.Single(await host.FailuresAsync())["id"]!;
        File.Delete(Path.Combine(host.Folder, "flow.lua"));
        await host.ReloadAsync();

        foreach (var path in (string[])[$"/api/v1/failures/{failure}/retry", "/api/v1/failures/retry?workflow=flow", "/api/v1/failures/retry"])
        {
            Assert.Equal(Sentence, (string)(await host.PostAsync(path, status: HttpStatusCode.Conflict))["detail"]!);
        }

        Assert.Empty(await host.EventsAsync("workflow.run.retried"));
        Assert.Single(await host.FailuresAsync());
        await host.ChangeAsync(Good);
        Assert.Equal(1, (int)(await host.PostAsync($"/api/v1/failures/{failure}/retry"))["count"]!);
        await host.QuietAsync();
        Assert.Equal("true", host.State("done"));
        Assert.Empty(await host.FailuresAsync());
    }

    [Fact]
    public async Task A_failure_of_a_workflow_that_does_not_load_is_refused_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        await using (var first = EngineHost.Start(Bad, settings: EngineHost.DurableIn(folder)))
        {
            await first.HandleAsync();
        }

        await using var host = EngineHost.Start("this is not lua", settings: EngineHost.DurableIn(folder));
        var refused = await host.PostAsync("/api/v1/failures/retry?workflow=flow", status: HttpStatusCode.Conflict);

        Assert.StartsWith("Workflow 'flow' is not loaded, so nothing of it can be tried again: flow.lua:1: ", (string)refused["detail"]!, StringComparison.Ordinal);
        Assert.EndsWith(". Correct its file, or dismiss the failure.", (string)refused["detail"]!, StringComparison.Ordinal);
        Assert.Equal(1, (int)(await host.PostAsync("/api/v1/failures/dismiss?workflow=flow", status: HttpStatusCode.OK))["count"]!);
    }

    [Fact]
    public async Task When_all_are_retried_those_that_cannot_be_are_left_as_they_are()
    {
        await using var host = EngineHost.Start([("flow", Bad), ("other", Bad)]);
        await host.HandleAsync();
        File.Delete(Path.Combine(host.Folder, "flow.lua"));
        await host.ChangeAsync(Good, "other");

        Assert.Equal(1, (int)(await host.PostAsync("/api/v1/failures/retry"))["count"]!);
        await host.QuietAsync();

        Assert.Equal("true", host.State("done", "other"));
        var left = Assert.Single(await host.FailuresAsync());
        Assert.Equal("flow", (string)left["workflow"]!);
    }
}
