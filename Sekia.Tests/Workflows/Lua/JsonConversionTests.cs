using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sekia.Modules.Workflows.Lua;

namespace Sekia.Tests.Workflows.Lua;

public sealed class JsonConversionTests : IDisposable
{
    private static readonly string[] s_numbers =
        ["0", "-1", "42", "9223372036854775807", "-9223372036854775808", "1.0", "0.5", "-0.0", "1E+300", "5E-324", "123456789012345680000.0", "1E+15"];

    private static readonly string[] s_strings =
        ["", "a", "é", "日本語", "😀", "\\n\\t\\\"\\\\\\/", "\\u0000", "\\u00e9", "\\ud83d\\ude00", "nil", "1", "\u2028", "__gc"];

    private readonly LuaBox _box = new(maxBytes: 64 << 20, milliseconds: 30_000);

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Thousands_of_random_values_come_back_as_they_went(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var json = Value(random, depth: random.Next(8));
            var back = RoundTrip(json);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), JsonNode.Parse(back)), $"{json}\ncame back as\n{back}");
            Assert.Equal(back.Length, RoundTrip(back).Length);
        }
    }

    [Theory]
    [InlineData("42", "42")]
    [InlineData("42.0", "42.0")]
    [InlineData("-0.0", "-0.0")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("1e300", "1E+300")]
    [InlineData("[]", "[]")]
    [InlineData("{}", "{}")]
    [InlineData("[null,1,null]", "[null,1,null]")]
    [InlineData("""{"a":null,"b":[]}""", """{"b":[]}""")]
    [InlineData("""{"a":1,"a":2}""", """{"a":2}""")]
    [InlineData("""{"a":1,"a":null}""", "{}")]
    [InlineData("\"\\ud800\"", "\"\uFFFD\"")]
    [InlineData("\"\\udc00x\\n\\ud83d\\ude00\\uD83D\"", "\"\uFFFDx\\n\\uD83D\\uDE00\uFFFD\"")]
    [InlineData("""{"\udfff":1}""", "{\"\uFFFD\":1}")]
    [InlineData("\"\\\\ud800\"", "\"\\\\ud800\"")]
    [InlineData(" null ", "null")]
    public void A_value_comes_back_by_the_rules(string json, string expected) => Assert.Equal(expected, RoundTrip(json));

    [Fact]
    public void A_hundred_levels_are_refused_and_sixty_four_are_not()
    {
        var deep = new string('[', 64) + new string(']', 64);
        Assert.Equal(deep, RoundTrip(deep));
        Assert.Contains("nested deeper than 64 levels", Fault($"sekia.json.decode('[{deep}]')"), StringComparison.Ordinal);
        Assert.Contains("nested deeper than 64 levels", Fault("local t = {} for i = 1, 64 do t = { t } end sekia.json.encode(t)"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ a = { {}, { b = print } } }", "value.a[2].b is a function")]
    [InlineData("{ a = 0/0 }", "value.a is not a number")]
    [InlineData("{ a = { math.huge } }", "value.a[1] is infinite")]
    [InlineData("{ a = { 1, 2, x = 3 } }", "value.a has keys")]
    [InlineData("{ a = { 1, nil, 3 } }", "value.a is an array with holes")]
    [InlineData("{ [0] = 1 }", "value has the key 0")]
    [InlineData("{ [1.5] = 1 }", "value has keys")]
    [InlineData("{ [true] = 1 }", "value has keys")]
    [InlineData("(function() local t = {} t.a = { t } return t end)()", "value.a[1] is a table that contains itself")]
    public void What_has_no_JSON_form_is_named_by_its_path(string value, string expected) =>
        Assert.StartsWith("box.lua:1: " + expected, Fault($"sekia.json.encode({value})"), StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_text_are_replaced() => Assert.Equal("[\"a\uFFFD\"]", _box.Run("return { 'a\\255' }"));

    [Fact]
    public void An_empty_table_is_an_object_unless_it_is_marked() =>
        Assert.Equal("""[{},[],[],[1]]""", _box.Run("return { {}, sekia.array(), sekia.array(sekia.array({})), sekia.array({ 1 }) }"));

    private string RoundTrip(string json)
    {
        using var coroutine = _box.State.Load("box.lua", "local json = ... return json"u8);
        LuaJsonReader.Push(coroutine.Thread, Encoding.UTF8.GetBytes(json), _box.State.ArrayMark);
        return Encoding.UTF8.GetString(coroutine.Question.Json(LuaNative.lua_gettop(coroutine.Thread), "value").Span);
    }

    private string Fault(string script) => _box.EndOf(script)?.Message ?? "no fault";

    private static string Value(Random random, int depth) => random.Next(depth > 0 ? 7 : 4) switch
    {
        0 => s_numbers[random.Next(s_numbers.Length)],
        1 => random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture),
        2 => random.Next(2) == 0 ? "true" : "false",
        3 => $"\"{s_strings[random.Next(s_strings.Length)]}\"",
        4 => JsonSerializer.Serialize((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-20, 20))),
        5 => $"[{string.Join(',', Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(6) == 0 ? "null" : Value(random, depth - 1)))}]",
        _ => $"{{{string.Join(',', Enumerable.Range(0, random.Next(5)).Select(i => $"\"k{i}{s_strings[random.Next(s_strings.Length)]}\":{Value(random, depth - 1)}"))}}}",
    };
}
