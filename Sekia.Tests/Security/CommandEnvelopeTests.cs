using System.Text;
using Sekia.Modules.Agents;
using Sekia.Modules.Security;

namespace Sekia.Tests.Security;

public sealed class CommandEnvelopeTests
{
    private static readonly CommandEnvelope s_sealed = new()
    {
        Command = "add_label",
        Payload = """{"number":42}"""u8.ToArray(),
        Source = "workflow:triage",
        Signature = "aa",
        Id = "cmd_1.1",
        Expires = 1_900_000_000,
        Seal = "bb",
    };

    [Fact]
    public void A_sealed_command_has_the_originals_keys_and_three_more() => Assert.Equal(
        """{"command":"add_label","payload":{"number":42},"source":"workflow:triage","signature":"aa","id":"cmd_1.1","expires":1900000000,"seal":"bb"}""",
        Encoding.UTF8.GetString(s_sealed.ToUtf8().Span));

    [Fact]
    public void A_plain_command_has_the_originals_keys_and_no_signature() => Assert.Equal(
        """{"command":"ping","payload":null,"source":"api"}""",
        Encoding.UTF8.GetString(new CommandEnvelope { Command = "ping", Source = "api" }.ToUtf8().Span));

    [Fact]
    public void What_was_written_is_read_again() => Same(s_sealed, CommandEnvelope.Parse(s_sealed.ToUtf8()));

    [Theory]
    [InlineData("""{"COMMAND":"add_label","Payload":{"number":42},"sOuRcE":"workflow:triage","SIGNATURE":"aa","ID":"cmd_1.1","Expires":1900000000,"Seal":"bb"}""")]
    [InlineData("""{"seal":"bb","expires":1900000000,"id":"cmd_1.1","signature":"aa","source":"workflow:triage","payload":{"number":42},"command":"add_label","new":[{}]}""")]
    [InlineData("""{"command":"x","command":"add_label","payload":{"a":1},"payload":{"number":42},"source":"workflow:triage","source":null,"signature":"aa","id":"cmd_1.1","expires":1,"EXPIRES":1900000000,"seal":"bb"}""")]
    public void Order_case_repetition_and_unknown_keys_do_not_matter(string wire) => Same(s_sealed, Parse(wire));

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"command":null,"payload":null,"source":null,"signature":null,"expires":null}""")]
    public void What_is_missing_is_empty(string wire) => Same(new CommandEnvelope(), Parse(wire));

    [Theory]
    [InlineData("[]", "must be a JSON object or null")]
    [InlineData("", "it is empty")]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"command":1}""", "'command' must be a string")]
    [InlineData("""{"payload":[]}""", "'payload' must be an object or null")]
    [InlineData("""{"payload":"x"}""", "'payload' must be an object or null")]
    [InlineData("""{"expires":1.5}""", "'expires' must be an integer")]
    [InlineData("""{"Seal":{}}""", "'Seal' must be a string")]
    public void A_value_of_another_kind_is_refused_by_name(string wire, string fault) =>
        Assert.Contains(fault, Assert.Throws<InvalidCommandException>(() => Parse(wire)).Message);

    [Fact]
    public void Bytes_that_are_no_text_are_read_as_the_original_reads_them()
    {
        byte[] wire = [.. "{\"command\":\"a"u8, 0xFF, .. "\\ud800\",\"payload\":{\"\\udc00\":1}}"u8];

        var envelope = CommandEnvelope.Parse(wire);

        Assert.Equal("a\uFFFD\uFFFD", envelope.Command);
        Assert.Equal("{\"\\ufffd\":1}", Encoding.UTF8.GetString(envelope.Payload.Span));
    }

    private static CommandEnvelope Parse(string wire) => CommandEnvelope.Parse(Encoding.UTF8.GetBytes(wire));

    private static void Same(CommandEnvelope wanted, CommandEnvelope found)
    {
        Assert.Equal(wanted.Payload.ToArray(), found.Payload.ToArray());
        Assert.Equal(wanted with { Payload = default }, found with { Payload = default });
    }
}
