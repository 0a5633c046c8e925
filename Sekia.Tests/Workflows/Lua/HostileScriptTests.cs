using Sekia.Modules.Workflows.Lua;
using Xunit.Abstractions;

namespace Sekia.Tests.Workflows.Lua;

public sealed class HostileScriptTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. HostileScripts.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_stopped_and_leaves_a_state_that_works_and_its_memory(string name)
    {
        var (fault, script) = HostileScripts.All[name];
        using var box = new LuaBox(
            script.Contains("-- roomy", StringComparison.Ordinal) ? 64 << 20 : LuaBox.MaxBytes, milliseconds: fault == LuaFault.Time ? 200 : 30_000);
        var before = box.SettledBytes;

        var end = await box.EndOfAsync(script);

        output.WriteLine($"over after {box.Took.TotalMilliseconds:0} ms of a core");
        Assert.InRange(box.Took, TimeSpan.Zero, TimeSpan.FromSeconds(fault == LuaFault.Time ? 5 : 60));
        Assert.Equal(fault, end?.Fault);
        Assert.Null(box.State.Broken);
        if (!script.Contains("-- keeps", StringComparison.Ordinal))
        {
            Assert.Equal("""[3,"ok"]""", box.Run("return { 1 + 2, ('ok') }"));
            Assert.InRange(box.SettledBytes, 0, before + 200_000);
        }

        box.Dispose();
        Assert.Equal(0, box.State.UsedBytes);
    }

    [Fact]
    public async Task While_hostile_scripts_run_and_are_stopped_another_workflow_works()
    {
        using var box = new LuaBox(milliseconds: 30_000);
        var hostile = Task.Run(() =>
        {
            string[] names = ["endless while", "table growth", "endless xpcall handler", "endless comparator", "stack overflow"];
            foreach (var name in names)
            {
                using var other = new LuaBox();
                Assert.NotNull(other.EndOf(HostileScripts.All[name].Script));
            }
        });

        var runs = 0;
        do
        {
            Assert.Equal("""{"n":5050}""", box.Run("local n = 0 for i = 1, 100 do n = n + i end return { n = n }"));
            runs++;
        }
        while (!hostile.IsCompleted);

        await hostile;
        Assert.True(runs > 100, $"only {runs} runs beside hostile scripts");
    }

    [Fact]
    public void One_state_sees_nothing_of_another()
    {
        using var one = new LuaBox();
        using var other = new LuaBox();
        one.Run("secret = 'x' string.secret = 'y' sekia.secret = 'z' getmetatable('').secret = 'm' _G.print = nil");

        Assert.Equal("[0,true]", other.Run("return { (secret or string.secret or sekia.secret or getmetatable('').secret) or 0, print ~= nil }"));
    }

    [Fact]
    public async Task A_stopped_run_does_not_shorten_the_time_of_the_next()
    {
        using var box = new LuaBox();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(LuaFault.Time, (await box.EndOfAsync("while true do end"))?.Fault);
            Assert.Equal("10000", box.Run("local n = 0 for i = 1, 10000 do n = n + 1 end return n"));
        }
    }

    [Fact]
    public void A_hundred_thousand_runs_leave_nothing_behind()
    {
        using var box = new LuaBox();
        var handler = 0;
        using (var state = new LuaState(new LuaLimits(LuaBox.MaxBytes, TimeSpan.FromSeconds(5)), new Dictionary<string, LuaFunction>(box.Functions)
        {
            ["on"] = call =>
            {
                handler = call.Function(1, "handler");
                return 0;
            },
        }))
        {
            using (var top = state.Load("flat.lua", "sekia.on(function(e) if e == 'fail' then error('no') end return { e } end)"u8))
            {
                top.Resume();
            }

            void RunAll()
            {
                for (var i = 0; i < 100_000; i++)
                {
                    using var run = state.Call(handler, (i, i), thread => LuaText.Push(thread, i % 100 == 0 ? "fail" : "go"));
                    Assert.Equal(i % 100 == 0, Record.Exception(() => run.Resume()) is LuaScriptException);
                }

                _ = LuaNative.lua_gc(state.Main, 2);
            }

            RunAll();
            var before = state.UsedBytes;
            RunAll();
            Assert.InRange(state.UsedBytes, 0, before + 4096);
        }
    }

    [Fact]
    public void A_state_that_nobody_disposes_is_finalised()
    {
        var states = Abandon();
        for (var round = 0; round < 10 && states.Any(state => state.IsAlive); round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.DoesNotContain(states, state => state.IsAlive);
    }

    /// <summary>On a stack of its own, so that nothing of it is held by chance.</summary>
    private static List<WeakReference> Abandon()
    {
        var states = new List<WeakReference>();
        var thread = new Thread(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                var box = new LuaBox();
                Assert.Null(box.EndOf("t = { sekia.json.decode('[1,2,{}]') } print(#t)"));
                states.Add(new WeakReference(box.State));
            }
        });
        thread.Start();
        thread.Join();
        return states;
    }

    [Fact]
    public void What_runs_on_a_small_stack_does_not_overflow_it()
    {
        LuaScriptException? end = null;
        var thread = new Thread(
            () =>
            {
                using var box = new LuaBox();
                end = box.EndOf("local function f() return (('x'):gsub('.', f)) end f()");
            },
            maxStackSize: 1 << 20);
        thread.Start();
        thread.Join();

        Assert.Contains("C stack overflow", end?.Message, StringComparison.Ordinal);
    }
}
