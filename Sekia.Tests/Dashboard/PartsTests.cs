using System.Text;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard.Parts;

namespace Sekia.Tests.Dashboard;

/// <summary>Texts and JSON as pages show them.</summary>
public sealed class PartsTests
{
    [Theory]
    [InlineData("[1,2.50,true,null,\"x\",-1e400]", "[\n  1,\n  2.50,\n  true,\n  null,\n  \"x\",\n  -1e400\n]")]
    [InlineData("""{"a":{"b":[]},"c":{},"d":[[1]]}""", "{\n  \"a\": {\n    \"b\": []\n  },\n  \"c\": {},\n  \"d\": [\n    [\n      1\n    ]\n  ]\n}")]
    [InlineData("""{"\u00fc\"":"\ud83c\udf89\n\u0007\u200b\\"}""", "{\n  \"ü\\\"\": \"🎉\\n\\u0007\\u200B\\\\\"\n}")]
    [InlineData("7", "7")]
    [InlineData("no json", "no json")]
    public void Json_has_a_line_for_each_value_and_its_numbers_as_they_were_written(string json, string shown) =>
        Assert.Equal((shown, false), ReadableJson.Of(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("reaction 🎉 added", "reaction 🎉 added")]
    [InlineData("a\u0007b\nc", "a\uFFFDb\uFFFDc")]
    public void An_excerpt_keeps_what_people_write_and_nothing_that_breaks_a_line(string text, string shown) => Assert.Equal(shown, Excerpt.Of(text));

    [Fact]
    public void An_excerpt_is_not_cut_through_a_character_and_half_a_character_is_none()
    {
        Assert.Equal("half \uFFFD a pair", Excerpt.Of("half \ud83c a pair"));
        Assert.Equal(new string('x', 79) + "…", Excerpt.Of(new string('x', 79) + "🎉🎉"));
        Assert.Equal(new string('x', 78) + "🎉…", Excerpt.Of(new string('x', 78) + "🎉🎉"));
    }
}
