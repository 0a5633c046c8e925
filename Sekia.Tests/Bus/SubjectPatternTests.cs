using Sekia.Modules.Bus;

namespace Sekia.Tests.Bus;

public sealed class SubjectPatternTests
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("a.b", "a.b")]
    [InlineData("sekia.events.github", "sekia.events.github")]
    [InlineData("*", "a")]
    [InlineData("*", "anything-at-all")]
    [InlineData("a.*", "a.b")]
    [InlineData("*.b", "a.b")]
    [InlineData("*.*", "a.b")]
    [InlineData("a.*.c", "a.b.c")]
    [InlineData("*.b.*", "a.b.c")]
    [InlineData(">", "a")]
    [InlineData(">", "a.b.c")]
    [InlineData("a.>", "a.b")]
    [InlineData("a.>", "a.b.c.d")]
    [InlineData("a.*.>", "a.b.c")]
    [InlineData("*.>", "a.b")]
    [InlineData("sekia.events.>", "sekia.events.github")]
    [InlineData("sekia.events.>", "sekia.events.github.extra")]
    public void Matches(string pattern, string subject) => Assert.True(SubjectPattern.Parse(pattern).Matches(subject));

    [Theory]
    [InlineData("a", "b")]
    [InlineData("a", "A")]
    [InlineData("a", "ab")]
    [InlineData("ab", "a")]
    [InlineData("a", "a.b")]
    [InlineData("a.b", "a")]
    [InlineData("a.b", "a.b.c")]
    [InlineData("a.b", "ab")]
    [InlineData("*", "a.b")]
    [InlineData("a.*", "a")]
    [InlineData("a.*", "a.b.c")]
    [InlineData("*.b", "b")]
    [InlineData("*.*", "a")]
    [InlineData("a.*.c", "a.c")]
    [InlineData("a.*.c", "a.b.b.c")]
    [InlineData("a.>", "a")]
    [InlineData("a.>", "b.c")]
    [InlineData("a.*.>", "a.b")]
    [InlineData("*.>", "a")]
    [InlineData("sekia.events.>", "sekia.events")]
    [InlineData("sekia.events.>", "sekia.eventss.github")]
    [InlineData("sekia.events.git", "sekia.events.github")]
    public void Does_not_match(string pattern, string subject) => Assert.False(SubjectPattern.Parse(pattern).Matches(subject));

    [Theory]
    [InlineData("", "must not be empty")]
    [InlineData(".", "empty token")]
    [InlineData("a..b", "empty token")]
    [InlineData(".a", "empty token")]
    [InlineData("a.", "ends with a dot")]
    [InlineData("*.", "ends with a dot")]
    [InlineData("*..a", "empty token")]
    [InlineData("a b", "space or control")]
    [InlineData("*.a\nb", "space or control")]
    [InlineData(">.a", "must be the last")]
    [InlineData("a.>.z", "must be the last")]
    [InlineData(">.>", "must be the last")]
    [InlineData("a*", "token of its own")]
    [InlineData("*a.b", "token of its own")]
    [InlineData("a.b>", "token of its own")]
    [InlineData("**", "token of its own")]
    [InlineData("a.>>", "token of its own")]
    [InlineData("a.*>", "token of its own")]
    [InlineData("a.😀", "outside the basic plane")]
    public void A_malformed_pattern_is_refused_with_its_fault(string pattern, string fault)
    {
        var refusal = Assert.Throws<FormatException>(() => SubjectPattern.Parse(pattern));

        Assert.Contains(fault, refusal.Message);
        Assert.Contains("pattern", refusal.Message);
        Assert.Equal(refusal.Message, SubjectPattern.FaultOf(pattern));
    }

    [Fact]
    public void Patterns_are_equal_when_their_text_is()
    {
        Assert.Equal(SubjectPattern.Parse("a.*"), SubjectPattern.Parse("a.*"));
        Assert.NotEqual(SubjectPattern.Parse("a.*"), SubjectPattern.Parse("a.>"));
        Assert.Equal("a.*", SubjectPattern.Parse("a.*").ToString());
    }
}
