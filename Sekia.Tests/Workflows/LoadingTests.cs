using System.Text;
using Sekia.Modules.Workflows;
using Sekia.Modules.Workflows.Lua;
using Sekia.Tests.Support;

namespace Sekia.Tests.Workflows;

/// <summary>Files that come, change, break and go while the host runs.</summary>
public sealed class LoadingTests
{
    private static readonly (string, string) s_hot = ("Workflows:HotReload", "true");
    private static readonly (string, string) s_verified = ("Workflows:VerifyIntegrity", "true");

    [Fact]
    public void Where_there_is_no_thread_to_load_on_the_version_is_refused_in_a_sentence()
    {
        var fault = Assert.Throws<LuaScriptException>(
            () => LoadThread.Load(() => throw new InvalidOperationException(), TimeSpan.FromSeconds(1), _ => throw new InsufficientMemoryException()));

        Assert.StartsWith("the system has no thread left", fault.Message, StringComparison.Ordinal);
        Assert.Equal(LuaFault.Script, fault.Fault);
    }

    [Fact]
    public async Task A_broken_version_is_shown_and_the_last_good_one_keeps_running()
    {
        await using var host = EngineHost.Start(Setting("seen", 1));

        host.Write("flow", "this is not lua");
        await host.ReloadAsync();
        await host.HandleAsync();

        Assert.StartsWith("flow.lua:1:", (string?)(await host.ViewAsync())["load_error"], StringComparison.Ordinal);
        Assert.Equal("1", host.State("seen"));

        await host.ChangeAsync(Setting("seen", 2));
        await host.HandleAsync();
        Assert.Null((await host.ViewAsync())["load_error"]);
        Assert.Equal("2", host.State("seen"));
    }

    [Fact]
    public async Task A_file_that_never_had_a_good_version_is_listed_with_the_reason()
    {
        await using var host = EngineHost.Start([("bad", "error('at the top')"), ("my flow", "-- a space"), ("acting", """sekia.publish("sekia.events.x", "y", {})""")]);

        var refused = (await host.GetAsync("/api/v1/workflows"))["refused"]!.AsArray().ToDictionary(one => (string)one!["name"]!, one => (string)one!["error"]!);

        Assert.Equal(["acting", "bad", "my flow"], refused.Keys.Order());
        Assert.Equal("bad.lua:1: at the top", refused["bad"]);
        Assert.Contains("space", refused["my flow"], StringComparison.Ordinal);
        Assert.Contains("only be used by a handler", refused["acting"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_load_is_logged_once_for_each_reason_however_often_it_is_looked_at()
    {
        await using var host = EngineHost.Start([("bad", "error('first')"), ("flow", Setting("seen", 1))]);
        host.Write("flow", "this is not lua");

        await host.ReloadAsync();
        await host.ReloadAsync();
        host.Write("bad", "error('second')");
        await host.ReloadAsync();
        await host.ReloadAsync();

        Assert.Equal((1, 1, 1), (Times("bad.lua:1: first"), Times("bad.lua:1: second"), Times("flow.lua:1: ")));
        int Times(string reason) => host.Log.Split(reason).Length - 1;
    }

    [Fact]
    public async Task Files_are_loaded_changed_and_stopped_by_themselves()
    {
        await using var host = EngineHost.Start([("flow", Setting("seen", 1))], settings: s_hot);
        var engine = host.Get<WorkflowEngine>();

        host.Write("flow", Setting("seen", 2));
        host.Write("fresh", Setting("seen", 1));
        await Eventually.HoldsAsync(() => engine.Workflows.Count == 2 && host.Flow().Current?.Hash == HashOf(Setting("seen", 2)));

        // A new one hears what comes once it has its place.
        await Task.WhenAll(engine.Workflows.Select(workflow => workflow.Begun));
        await host.PublishAsync();
        await Eventually.HoldsAsync(() => (host.State("seen"), host.State("seen", "fresh")) == ("2", "1"));

        File.Delete(Path.Combine(host.Folder, "flow.lua"));
        await Eventually.HoldsAsync(() => engine.Workflows.Count == 1);
    }

    [Fact]
    public async Task A_folder_that_is_gone_stops_nothing_and_one_that_comes_back_is_read()
    {
        var clock = new TestClock();
        await using var host = EngineHost.Start([("flow", Setting("seen", 1))], clock: clock, settings: s_hot);

        Directory.Delete(host.Folder, recursive: true);
        await LookUntilAsync(host, clock, () => host.Log.Contains("run on as they are", StringComparison.Ordinal));
        await host.HandleAsync();
        Assert.Equal("1", host.State("seen"));

        // With its file at once: an empty folder would end the workflow.
        var restored = Directory.CreateDirectory(host.Folder + "-restored").FullName;
        await File.WriteAllTextAsync(Path.Combine(restored, "flow.lua"), Setting("seen", 2));
        Directory.Move(restored, host.Folder);
        await LookUntilAsync(host, clock, () => host.Flow().Current?.Hash == HashOf(Setting("seen", 2)));
        await host.PublishAsync();
        await Eventually.HoldsAsync(() => host.State("seen") == "2");
    }

    [Fact]
    public async Task A_file_put_back_while_the_next_version_waits_is_what_runs()
    {
        await using var host = EngineHost.Start(Setting("seen", 1));
        var flow = host.Flow();
        var engine = host.Get<WorkflowEngine>();

        for (var i = 0; i < 20; i++)
        {
            host.Write("flow", Setting("seen", 2));
            await engine.ReloadAsync(CancellationToken.None);
            host.Write("flow", Setting("seen", 1));
            await engine.ReloadAsync(CancellationToken.None);
            Assert.Equal(HashOf(Setting("seen", 1)), flow.NewestHash);
        }

        await Eventually.HoldsAsync(() => flow.Current?.Hash == HashOf(Setting("seen", 1)));
    }

    [Fact]
    public async Task Two_hundred_files_are_loaded()
    {
        await using var host = EngineHost.Start(
            [.. Enumerable.Range(0, 200).Select(i => ($"flow{i:000}", Setting("seen", i)))]);

        await host.HandleAsync();

        Assert.Equal(200, host.Get<WorkflowEngine>().Workflows.Count);
        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal($"{i}", host.State("seen", $"flow{i:000}")));
    }

    [Fact]
    public async Task A_file_whose_top_level_is_held_is_refused_once_and_holds_up_nothing()
    {
        await using var host = EngineHost.Start(Setting("seen", 1), settings: ("Workflows:HandlerTimeout", "00:00:00.100"));

        host.Write("flow", $"print('tried') {EngineHost.HeldCall}");
        await host.ReloadAsync();
        await host.ChangeAsync(Setting("other", 2), "next");
        await host.HandleAsync();

        Assert.Contains("at its top level it is held in a call inside Lua", (string?)(await host.ViewAsync())["load_error"], StringComparison.Ordinal);
        Assert.Equal(("1", "2"), (host.State("seen"), host.State("other", "next")));
        Assert.Equal(2, host.Log.Split("tried").Length);
    }

    [Fact]
    public async Task An_event_right_after_a_load_is_seen_by_what_was_loaded()
    {
        await using var host = EngineHost.Start([]);
        for (var i = 0; i < 20; i++)
        {
            host.Write($"flow{i}", Setting("seen", i));
            await host.ReloadAsync();
            await host.HandleAsync();
            Assert.Equal($"{i}", host.State("seen", $"flow{i}"));
        }
    }

    [Fact]
    public async Task Only_files_in_the_manifest_run_and_what_runs_keeps_running()
    {
        var good = Setting("seen", 1);
        await using var host = EngineHost.Start([("flow", good), ("unlisted", good)], settings: s_verified);
        Assert.Contains("workflows.sha256 is missing", await RefusalAsync(host, "flow"), StringComparison.Ordinal);

        Manifest(host, $"# signed\n{HashOf(good)}  flow.lua\n");
        await host.ReloadAsync();
        Assert.Contains("does not stand in", await RefusalAsync(host, "unlisted"), StringComparison.Ordinal);

        host.Write("flow", Setting("seen", 2));
        await host.ReloadAsync();
        await host.HandleAsync();
        Assert.Equal("1", host.State("seen"));
        Assert.Contains("differs from", (string?)(await host.ViewAsync())["load_error"], StringComparison.Ordinal);

        Manifest(host, $"{HashOf(Setting("seen", 2))} *flow.lua\nnonsense\n");
        await host.ReloadAsync();
        Assert.Contains("line 2 of workflows.sha256 is malformed", (string?)(await host.ViewAsync())["load_error"], StringComparison.Ordinal);

        Manifest(host, $"{HashOf(Setting("seen", 2)).ToUpperInvariant()} *flow.lua\n");
        await host.ReloadAsync();
        await Eventually.HoldsAsync(() => host.Flow().Current?.Hash == HashOf(Setting("seen", 2)));
        Assert.Null((await host.ViewAsync())["load_error"]);
    }

    private static string Setting(string key, int value) => $"""sekia.on("sekia.events.test", function() sekia.state.set("{key}", {value}) end)""";

    private static string HashOf(string source) => WorkflowVersion.HashOf(Encoding.UTF8.GetBytes(source));

    private static void Manifest(EngineHost host, string text) => File.WriteAllText(Path.Combine(host.Folder, "workflows.sha256"), text);

    private static async Task<string> RefusalAsync(EngineHost host, string name) =>
        (await host.GetAsync("/api/v1/workflows"))["refused"]!.AsArray().Where(one => (string)one!["name"]! == name).Select(one => (string)one!["error"]!).Single();

    /// <summary>Lets time pass until something has been noticed.</summary>
    private static Task LookUntilAsync(EngineHost host, TestClock clock, Func<bool> noticed) => Eventually.HoldsAsync(() =>
    {
        clock.Advance(TimeSpan.FromSeconds(1));
        return host.Get<WorkflowEngine>() is not null && noticed();
    });
}
