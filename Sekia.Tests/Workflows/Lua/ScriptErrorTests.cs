using Sekia.Modules.Workflows.Lua;

namespace Sekia.Tests.Workflows.Lua;

public sealed class ScriptErrorTests : IDisposable
{
    private readonly LuaBox _box = new();

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData("error('no')", "box.lua:1: no")]
    [InlineData("\n\nlocal x = nil + 1", "box.lua:3: attempt to perform arithmetic on a nil value")]
    [InlineData("return 1 1", "box.lua:1: <eof> expected near '1'")]
    [InlineData("\nsekia.json.decode('[')", "box.lua:2: the text cannot be decoded: it is not valid JSON (line 1, byte 2)")]
    [InlineData("\nmath.pow(nil, 1)", "box.lua:2: attempt to perform arithmetic on a nil value (local 'x')")]
    [InlineData("\nsetmetatable(1, {})", "box.lua:2: bad argument #1 to 'setmetatable' (table expected, got number)")]
    [InlineData("\nsekia.publish('a.b', 'c')", "box.lua:2: sekia.publish can only be used by a handler; at its top level a script registers what it wants to hear")]
    [InlineData("\ntable.insert(nil, 1)", "box.lua:2: bad argument #1 to 'insert' (table expected, got nil)")]
    [InlineData("\ntable.insert({}, 3, 1)", "box.lua:2: bad argument #2 to ")]
    [InlineData("\ntable.insert(setmetatable({}, {}), 3, 1)", "box.lua:2: bad argument #2 to 'insert' (position out of bounds)")]
    [InlineData("\ntable.remove(setmetatable({}, {}), 3)", "box.lua:2: bad argument #2 to 'remove' (position out of bounds)")]
    [InlineData("\ntable.move({}, 1, 1e15, 2)", "box.lua:2: too many items for 'move'")]
    [InlineData("\ntable.sort(setmetatable({ 1, {} }, {}))", "box.lua:2: attempt to compare ")]
    [InlineData("error({ code = 42 })", "error value {\"code\":42}")]
    [InlineData("error({ print })", "error value that is a table")]
    [InlineData("error(nil)", "error value of type nil")]
    [InlineData("error(true)", "error value true")]
    [InlineData("error(setmetatable({}, { __tostring = function() return 'told' end }))", "told")]
    [InlineData("while true do end", "box.lua:1: ran for more than 0.2 s and was stopped")]
    [InlineData("table.sort({ 1, 2, 3 }, function() sekia.call('a', 'b') end)", "attempt to yield across a C-call boundary")]
    public void It_says_where_and_what(string script, string expected) =>
        Assert.StartsWith(expected, _box.EndOf(script)?.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("local function f()\n  sekia.json.decode('[')\nend\nf()")]
    [InlineData("local function f()\n  while true do end\nend\nf()")]
    public void The_traceback_has_the_lines_of_the_script_and_no_others(string script)
    {
        var traceback = _box.EndOf(script)?.Traceback;
        Assert.Contains("\tbox.lua:2: in ", traceback, StringComparison.Ordinal);
        Assert.Contains("\tbox.lua:4: in main chunk", traceback, StringComparison.Ordinal);
        Assert.DoesNotContain("sekia:", traceback, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("return { unpack({ 1, 2 }) }", "[1,2]")]
    [InlineData("return { table.getn({ 1, 2 }), table.maxn({ [7] = 1 }), math.pow(2, 3), math.mod(7, 4), math.log10(1000) }", "[2,7,8.0,3,3.0]")]
    [InlineData("local t = {} for w in string.gfind('a b', '%a') do t[#t + 1] = w end return t", """["a","b"]""")]
    [InlineData("return { '#' .. 42, '#' .. 4.5, tostring(42) }", """["#42","#4.5","42"]""")]
    [InlineData("return { xpcall(function(a) return a end, print, 5) }", "[true,5]")]
    [InlineData("return { xpcall(error, function(m) return 'told ' .. m end, 'no') }", """[false,"told no"]""")]
    [InlineData("return { pcall(sekia.json.decode, '') }", """[false,"the text cannot be decoded: it is empty"]""")]
    [InlineData("math.randomseed(7) local a = math.random(1e9) math.randomseed(7) return a == math.random(1e9)", "true")]
    public void Lua_of_old_and_of_today_works(string script, string expected) => Assert.Equal(expected, _box.Run(script));

    [Theory]
    [InlineData("{}")]
    [InlineData("setmetatable({}, {})")]
    public void The_table_library_does_what_Lua_says_with_and_without_a_metatable(string made) => Assert.Equal(
        """["0,1,2,4,3","2","0,1,4,3","3","0,1,4","0","1,4","4","1","nil","nil","","3,2,1","1-2"]""",
        _box.Run($$"""
            local t, out = {{made}}, {}
            local function note(x) out[#out + 1] = tostring(x) end
            table.insert(t, 1) table.insert(t, 3) table.insert(t, 1, 0) table.insert(t, 3, 2) table.insert(t, 4, 4)
            note(table.concat(t, ','))
            note(table.remove(t, 3)) note(table.concat(t, ','))
            note(table.remove(t)) note(table.concat(t, ','))
            note(table.remove(t, 1)) note(table.concat(t, ','))
            note(table.remove(t, 2)) note(table.remove(t, 1)) note(table.remove(t)) note(table.remove(t, 0)) note(table.concat(t))
            for i = 1, 3 do t[i] = i end
            table.sort(t, function(a, b) return a > b end) note(table.concat(t, ','))
            table.sort(t) note(table.concat(t, '-', 1, 2))
            return out
            """));

    [Fact]
    public void Print_logs_its_values()
    {
        _box.Run("print('a', 1, nil, true, 1.5)");
        Assert.Contains(_box.Lines, line => line.EndsWith("a\t1\tnil\ttrue\t1.5", StringComparison.Ordinal));
    }

    [Fact]
    public void Random_numbers_are_the_same_in_every_state()
    {
        using var other = new LuaBox();
        const string Script = "return { math.random(1e9), math.random(1e9) }";
        Assert.Equal(_box.Run(Script), other.Run(Script));
    }

    [Fact]
    public void A_question_in_a_pcall_is_answered_there()
    {
        using var coroutine = _box.State.Load("box.lua", "local ok, a = pcall(function() return sekia.call('x', 'y') end) return a.n"u8);
        Assert.Equal(LuaPause.Question, coroutine.Resume());
        coroutine.Answer("{\"n\":7}"u8.ToArray(), null);
        Assert.Equal(LuaPause.End, coroutine.Resume());
        Assert.Equal(7, coroutine.Question.Number(1, "n"));
    }
}
