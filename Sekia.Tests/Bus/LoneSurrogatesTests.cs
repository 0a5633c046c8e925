using System.Text;
using Sekia.Modules.Bus;

namespace Sekia.Tests.Bus;

public sealed class LoneSurrogatesTests
{
    [Theory]
    [InlineData("""{"a":"\ud83d"}""", """{"a":"\ufffd"}""")]
    [InlineData("""{"a":"\ude00"}""", """{"a":"\ufffd"}""")]
    [InlineData("""{"\uD83Dkey":1}""", """{"\ufffdkey":1}""")]
    [InlineData("""["\ud83d\ud83d\ude00"]""", """["\ufffd\ud83d\ude00"]""")]
    [InlineData("""["\ud83d\n\ude00"]""", """["\ufffd\n\ufffd"]""")]
    [InlineData("""["\ud83d\u0041"]""", """["\ufffd\u0041"]""")]
    public void A_lone_half_is_replaced(string json, string mended) => Assert.Equal(mended, Replace(json));

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""["\ud83d\ude00"]""")]
    [InlineData("""["\\ud83d"]""")]
    [InlineData("""["\\\\ud83d","\"\u00e9\n"]""")]
    [InlineData("""["\u12""")]
    [InlineData("""["\""")]
    public void Everything_else_stays_as_it_is(string json) => Assert.Equal(json, Replace(json));

    private static string Replace(string json) => Encoding.UTF8.GetString(LoneSurrogates.Replace(Encoding.UTF8.GetBytes(json)).Span);

    [Fact]
    public void No_event_no_command_and_no_answer_holds_half_a_pair()
    {
        var (cut, mended) = ("""{"a":"\ud83d"}"""u8.ToArray(), """{"a":"\ufffd"}"""u8.ToArray());

        Assert.Equal(mended, new Event { Subject = "sekia.events.x", Type = "x", Source = "x", Payload = cut }.Payload.ToArray());
        var command = new Command { Agent = "x-agent", Name = "x", Source = "x", Payload = cut, Result = cut };
        Assert.Equal(mended, command.Payload.ToArray());
        Assert.Equal(mended, command.Result!.Value.ToArray());
    }
}
