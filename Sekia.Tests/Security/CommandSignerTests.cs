using System.Text;
using Sekia.Modules.Security;

namespace Sekia.Tests.Security;

public sealed class CommandSignerTests
{
    private const string Secret = "test-secret";

    [Theory]
    [InlineData("""{"number":42,"owner":"acme"}""", "6a61700b05ec81f6bc928f2d4c135157dae4037f87a742cda3428faef5d20e44")]
    [InlineData("{\"b\":\"<a>&\u2028 é \\u0001\\b\\f\\n/\u007F\",\"a\":1.5,\"z\":null,\"arr\":[1,2,{\"y\":1,\"x\":2}],\"e\":{}}", "c4a3a91f1e2bab9d16fb95d8eb32513b319b8d312d7b433844bc02a0818ab028")]
    [InlineData("""{"big":12345678901234567890,"id":9007199254740993,"small":0.0000001,"m":1e21,"neg":-0.0,"f":100.0,"h":1e20}""", "b9cacf5df3bdabb3c7336e20b14d98861e51f02e87cf3bcf38379b12c7b50b1b")]
    [InlineData("null", "7a3eba5aed916d4d08f06ccae8bd3bd86186b6077abe22d36571bb10c27f2136")]
    [InlineData("{}", "98555d3fd33430d6729117e41efdb35aa60a9c84a20827b503c6d8e6bcdf3470")]
    public void A_signature_is_the_originals_byte_for_byte(string payload, string signature) =>
        Assert.Equal(signature, CommandSigner.Sign("c<1>", Encoding.UTF8.GetBytes(payload), "workflow:t", Secret));

    [Fact]
    public void An_absent_payload_signs_as_null() => Assert.Equal(
        "7a3eba5aed916d4d08f06ccae8bd3bd86186b6077abe22d36571bb10c27f2136",
        CommandSigner.Sign("c<1>", default, "workflow:t", Secret));

    [Fact]
    public void How_a_payload_is_spelt_does_not_change_its_signature() => Assert.Equal(
        CommandSigner.Sign("c", """{"a":42,"b":"é"}"""u8.ToArray(), "s", Secret),
        CommandSigner.Sign("c", """{ "b" : "\u00e9", "a" : 4.2e1 }"""u8.ToArray(), "s", Secret));

    [Fact]
    public void A_signature_fits_only_what_was_signed()
    {
        var payload = """{"a":1}"""u8.ToArray();
        var envelope = new CommandEnvelope { Command = "c", Payload = payload, Source = "s", Signature = CommandSigner.Sign("c", payload, "s", Secret) };

        Assert.True(CommandSigner.Verify(envelope, Secret));
        Assert.False(CommandSigner.Verify(envelope, "other-secret"));
        Assert.False(CommandSigner.Verify(envelope with { Command = "d" }, Secret));
        Assert.False(CommandSigner.Verify(envelope with { Source = "t" }, Secret));
        Assert.False(CommandSigner.Verify(envelope with { Payload = """{"a":2}"""u8.ToArray() }, Secret));
        Assert.False(CommandSigner.Verify(envelope with { Signature = envelope.Signature.ToUpperInvariant() }, Secret));
        Assert.False(CommandSigner.Verify(envelope with { Signature = envelope.Signature[..^1] }, Secret));
        Assert.False(CommandSigner.Verify(envelope with { Signature = "" }, Secret));
    }

    [Fact]
    public void Names_with_quotes_cannot_pass_for_other_names() => Assert.NotEqual(
        CommandSigner.Seal("a\",\"b", "c", 1, "s", Secret),
        CommandSigner.Seal("a", "b\",\"c", 1, "s", Secret));
}
