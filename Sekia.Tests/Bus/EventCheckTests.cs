using System.Text;
using Sekia.Modules.Bus;

namespace Sekia.Tests.Bus;

public sealed class EventCheckTests
{
    private const int Limit = 1_048_576;

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData(" \r\n\t{ \"a\" : [1, 2.5e3, {\"b\": null}] } ")]
    [InlineData("{\"half\":\"\\ud83d\"}")]
    [InlineData("{\"é\":\"😀\"}")]
    public void A_payload_of_an_object_or_null_passes(string payload) => EventCheck.Validate(Some(payload), Limit);

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData(" \n ", "it is empty")]
    [InlineData("[]", "must be a JSON object or null, not an array")]
    [InlineData("42", "must be a JSON object or null, not a number")]
    [InlineData("\"text\"", "must be a JSON object or null, not a string")]
    [InlineData("true", "must be a JSON object or null, not true or false")]
    [InlineData("{", "not valid JSON (line 1")]
    [InlineData("{\n\"a\":\n}", "not valid JSON (line 3")]
    [InlineData("{'a':1}", "not valid JSON")]
    [InlineData("{\"a\":1,}", "not valid JSON")]
    [InlineData("{\"a\":01}", "not valid JSON")]
    [InlineData("{\"a\":NaN}", "not valid JSON")]
    [InlineData("{} {}", "not valid JSON")]
    [InlineData("null x", "not valid JSON")]
    [InlineData("{\"a\":1} // comment", "not valid JSON")]
    [InlineData("\uFEFF{}", "not valid JSON")]
    [InlineData("nul", "not valid JSON")]
    public void Any_other_payload_is_refused_with_its_fault(string payload, string fault) => Refused(Some(payload), fault);

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        Refused(Some([.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8]), "not valid UTF-8");
        Refused(Some([.. "{\"a\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8]), "not valid UTF-8");
    }

    [Fact]
    public void Nesting_is_taken_up_to_64_levels()
    {
        EventCheck.Validate(Some(Nested(64)), Limit);
        Refused(Some(Nested(65)), "nested deeper than 64");
        Refused(Some(Nested(50_000)), "nested deeper than 64");
    }

    [Fact]
    public void A_payload_over_the_limit_is_told_from_a_malformed_one()
    {
        EventCheck.Validate(Some("{\"a\":12345}"), maxPayloadBytes: 11);

        var refusal = Assert.Throws<EventTooLargeException>(() => EventCheck.Validate(Some(new byte[1_234_567]), Limit));

        Assert.Equal("payload is 1,234,567 bytes; the limit is 1,048,576 (Journal:MaxPayloadBytes)", refusal.Message);
    }

    [Fact]
    public void A_faulty_subject_is_named() => Refused(Some(subject: "a..b"), "subject 'a..b' has an empty token");

    [Fact]
    public void An_empty_subject_is_refused() => Refused(Some(subject: ""), "subject must not be empty");

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused_in_names_and_keys()
    {
        EventCheck.Validate(Some(type: "a\ud83d\udc0e", source: "\ud83d\udc0eb"), Limit);
        Refused(Some(type: "a\ud83d"), "type has half of a surrogate pair");
        Refused(Some(source: "\udc0e\ud83d"), "source has half of a surrogate pair");
        Refused(Some(type: "\ud83d\udc0e\udc0e"), "type has half of a surrogate pair");
    }

    [Fact]
    public void Type_and_source_have_1_to_255_characters_without_controls()
    {
        EventCheck.Validate(Some(type: new string('t', 255), source: new string('s', 255)), Limit);
        Refused(Some(type: ""), "type must not be empty");
        Refused(Some(type: new string('t', 256)), "type has at most 255 characters, this one has 256");
        Refused(Some(type: "a\nb"), "type has a control character");
        Refused(Some(source: ""), "source must not be empty");
        Refused(Some(source: new string('s', 256)), "source has at most 255 characters");
        Refused(Some(source: "a\u007F"), "source has a control character");
        Refused(Some(source: "a\u0085"), "source has a control character");
    }

    [Fact]
    public void A_key_has_1_to_512_characters_when_there_is_one()
    {
        EventCheck.Validate(Some(key: new string('k', 512)), Limit);
        Refused(Some(key: ""), "key must not be empty");
        Refused(Some(key: new string('k', 513)), "key has at most 512 characters");
        Refused(Some(key: "a\0"), "key has a control character");
    }

    [Fact]
    public void Depth_and_timestamp_stay_in_their_range()
    {
        EventCheck.Validate(Some(depth: 16), Limit);
        Refused(Some(depth: 17), "depth 17 is out of range");
        Refused(Some(depth: -1), "depth -1 is out of range");
        Refused(Some(timestamp: -1), "timestamp must be Unix seconds from 0 on, not -1");
    }

    private static void Refused(Event evt, string fault) =>
        Assert.Contains(fault, Assert.Throws<InvalidEventException>(() => EventCheck.Validate(evt, Limit)).Message);

    private static string Nested(int levels) =>
        string.Concat(Enumerable.Repeat("{\"a\":", levels - 1)) + "{}" + new string('}', levels - 1);

    private static Event Some(string payload) => Some(Encoding.UTF8.GetBytes(payload));

    private static Event Some(
        byte[]? payload = null,
        string subject = "sekia.events.test",
        string type = "test.happened",
        string source = "test",
        string? key = null,
        int depth = 0,
        long timestamp = 0) => new()
        {
            Subject = subject,
            Type = type,
            Source = source,
            Key = key,
            Depth = depth,
            Timestamp = timestamp,
            Payload = payload ?? JsonText.Null,
        };
}
