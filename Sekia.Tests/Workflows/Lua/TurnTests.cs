using System.Text;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Tests.Workflows.Lua;

/// <summary>A run that takes long stops in between, and goes on as if it had not.</summary>
public sealed class TurnTests
{
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData("local n = 0 for i = 1, 3e7 do n = n + i % 2 end return n", "15000000")]
    [InlineData("local n = 0 local ok = pcall(function() for i = 1, 3e7 do n = n + i % 2 end error('x') end) return { n, ok }", "[15000000,false]")]
    [InlineData("local t = setmetatable({}, { __index = function(_, k) local n = 0 for i = 1, 3e7 do n = n + i % 2 end return n + k end }) return t[1]", "15000001")]
    [InlineData("local function f(n) local s = 0 for i = 1, 1e5 do s = s + i % 2 end return n == 0 and 0 or 1 + f(n - 1) end return f(150)", "150")]
    public void It_has_many_turns_and_one_result(string script, string expected)
    {
        using var box = new LuaBox(milliseconds: 60_000);
        using var coroutine = box.State.Load("turns.lua", Encoding.UTF8.GetBytes(script));

        var turns = 1;
        while (coroutine.Resume(s_turn) == LuaPause.Turn)
        {
            turns++;
        }

        Assert.InRange(turns, 3, 60_000);
        Assert.Equal(expected, Encoding.UTF8.GetString(coroutine.Question.Json(1, "value").Span));
    }

    [Theory]
    [InlineData("while true do end")]
    [InlineData("while true do pcall(function() while true do end end) end")]
    public void Its_turns_count_together_towards_its_limit(string script)
    {
        using var box = new LuaBox(milliseconds: 1000);
        using var coroutine = box.State.Load("turns.lua", Encoding.UTF8.GetBytes(script));

        var turns = 0;
        var end = Assert.Throws<LuaScriptException>(() =>
        {
            while (coroutine.Resume(s_turn) == LuaPause.Turn)
            {
                turns++;
            }
        });

        Assert.Equal(LuaFault.Time, end.Fault);

        // How many there are depends on what else the machine does: a turn goes by the clock, the limit by how long the thread has had a core.
        Assert.True(turns >= 3, $"{turns} turns");
    }

    [Fact]
    public void Where_Lua_cannot_stop_in_between_it_goes_on()
    {
        using var box = new LuaBox(milliseconds: 60_000);
        using var coroutine = box.State.Load("turns.lua", "local n = 0 ; ('xx'):gsub('.', function() for i = 1, 1e7 do n = n + 1 end end) return n"u8);
        var pause = coroutine.Resume(s_turn);

        // The pause comes as soon as the callback has returned.
        Assert.Contains(pause, new[] { LuaPause.Turn, LuaPause.End });
        while (pause == LuaPause.Turn)
        {
            pause = coroutine.Resume(s_turn);
        }

        Assert.Equal("20000000", Encoding.UTF8.GetString(coroutine.Question.Json(1, "value").Span));
    }

    [Fact]
    public void Answers_come_through_after_turns()
    {
        using var box = new LuaBox(milliseconds: 60_000);
        using var coroutine = box.State.Load("turns.lua", "for i = 1, 1e7 do end local a, b = sekia.call('agent', 'command') for i = 1, 1e7 do end return { a.x, b }"u8);

        LuaPause pause;
        var questions = 0;
        while ((pause = coroutine.Resume(s_turn)) != LuaPause.End)
        {
            if (pause == LuaPause.Question)
            {
                questions++;
                Assert.Equal("agent", coroutine.Question.Text(2, "agent"));
                coroutine.Answer("""{"x":5}"""u8.ToArray(), null);
            }
        }

        Assert.Equal(1, questions);
        Assert.Equal("[5]", Encoding.UTF8.GetString(coroutine.Question.Json(1, "value").Span));
    }
}
