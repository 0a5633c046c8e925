using System.Globalization;
using System.Text;
using System.Text.Json;
using Sekia.Modules.Security;

namespace Sekia.Tests.Security;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "-0")]
    [InlineData("-0.0e5", "-0")]
    [InlineData("42.0", "42")]
    [InlineData("4.2e1", "42")]
    [InlineData("1.50", "1.5")]
    [InlineData("-12.25", "-12.25")]
    [InlineData("0.1", "0.1")]
    [InlineData("100", "100")]
    [InlineData("123456789012345678", "123456789012345680")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("12345678901234567890", "12345678901234567000")]
    [InlineData("1e20", "100000000000000000000")]
    [InlineData("999999999999999900000", "999999999999999900000")]
    [InlineData("1e21", "1e+21")]
    [InlineData("1.5e21", "1.5e+21")]
    [InlineData("1e100", "1e+100")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.00000123", "0.00000123")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("0.00000012345", "1.2345e-7")]
    [InlineData("-1e-10", "-1e-10")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("1e-400", "0")]
    [InlineData("2.2250738585072014e-308", "2.2250738585072014e-308")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("0.30000000000000004", "0.30000000000000004")]
    [InlineData("333333333.33333329", "333333333.3333333")]
    public void Numbers_are_the_nearest_double_in_the_fewest_digits(string number, string canonical) => Assert.Equal(canonical, Of(number));

    [Theory]
    [InlineData("""{ "b" : 1 , "a" : [ ] }""", """{"a":[],"b":1}""")]
    [InlineData("""{"a":{"z":{},"y":[true,false,null]}}""", """{"a":{"y":[true,false,null],"z":{}}}""")]
    [InlineData("""{"a":1,"b":2,"a":{"c":3}}""", """{"a":{"c":3},"b":2}""")]
    [InlineData("""{"ab":1,"a":2,"":3,"B":4}""", """{"":3,"B":4,"a":2,"ab":1}""")]
    [InlineData("""{"\ud83d\ude00":1,"\uff5e":2,"é":3}""", "{\"é\":3,\"\uff5e\":2,\"😀\":1}")]
    public void Keys_stand_in_the_order_of_their_bytes_and_once(string json, string canonical) => Assert.Equal(canonical, Of(json));

    [Theory]
    [InlineData("""  "a\/b"  """, "\"a/b\"")]
    [InlineData("\"\\u0022\\u005c\"", "\"\\\"\\\\\"")]
    [InlineData("\"\\u0008\\u000c\\u000a\\u000d\\u0009\"", "\"\\b\\f\\n\\r\\t\"")]
    [InlineData("\"\\u0000\\u001F\"", "\"\\u0000\\u001f\"")]
    [InlineData("\"<a>&\"", "\"\\u003ca\\u003e\\u0026\"")]
    [InlineData("\"\u2028\u2029\"", "\"\\u2028\\u2029\"")]
    [InlineData("\"\\u00e9\\u007f\\ud83d\\ude00\"", "\"é\u007f😀\"")]
    [InlineData("\"a\\ud83db\"", "\"a\uFFFDb\"")]
    [InlineData("""{"\ud800":1,"\udfff":2}""", "{\"\uFFFD\":2}")]
    public void Strings_are_escaped_as_go_does(string json, string canonical) => Assert.Equal(canonical, Of(json));

    [Fact]
    public void Each_byte_that_is_not_utf8_becomes_one_replacement() =>
        Assert.Equal("\"a\uFFFD\uFFFDb\uFFFD\"", Encoding.UTF8.GetString(CanonicalJson.Of((byte[])[.. "\"a"u8, 0xE2, 0x82, .. "b"u8, 0xFF, .. "\""u8])));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":1e999}")]
    [InlineData("NaN")]
    public void What_is_not_json_or_beyond_a_double_has_no_canonical_form(string json) => Assert.ThrowsAny<JsonException>(() => Of(json));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_canonical_form_is_its_own_canonical_form(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var canonical = Of(RandomJson(random, depth: 4));
            Assert.Equal(canonical, Of(canonical));
        }
    }

    [Fact]
    public void Every_double_survives()
    {
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsFinite(value))
            {
                var canonical = Of(value.ToString("R", CultureInfo.InvariantCulture));
                Assert.Equal(value, double.Parse(canonical, CultureInfo.InvariantCulture));
            }
        }
    }

    private static string Of(string json) => Encoding.UTF8.GetString(CanonicalJson.Of(Encoding.UTF8.GetBytes(json)));

    private static string RandomJson(Random random, int depth) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => "null",
        1 => random.Next(2) == 0 ? "true" : "false",
        2 => ((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-30, 30))).ToString("R", CultureInfo.InvariantCulture),
        3 => random.Next(-1000, 1000).ToString(CultureInfo.InvariantCulture),
        4 => RandomText(random),
        5 => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => RandomJson(random, depth - 1)))}]",
        _ => $"{{{string.Join(", ", Enumerable.Range(0, random.Next(4)).Select(_ => $"{RandomText(random)} : {RandomJson(random, depth - 1)}"))}}}",
    };

    private static string RandomText(Random random) =>
        $"\"{string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => $"\\u{random.Next(0x10000):x4}"))}\"";
}
