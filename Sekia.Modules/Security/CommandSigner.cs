using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sekia.Modules.Bus;

namespace Sekia.Modules.Security;

/// <summary>
/// The two proofs a command carries. The signature is that of the Go original and covers command, payload and source. The seal is
/// Sekia's own and covers what the signature leaves open: for which agent, which id, until when.
/// </summary>
internal static class CommandSigner
{
    // Keeps a seal from ever being taken for another text signed with the same secret.
    private const string SealVersion = "sekia-command-seal-v1";

    /// <summary>The signature: lowercase hex of HMAC-SHA256.</summary>
    /// <param name="payload">UTF-8 JSON; how it is spelt does not matter.</param>
    /// <exception cref="JsonException">The payload has no canonical form, see <see cref="CanonicalJson.Of"/>.</exception>
    public static string Sign(string command, ReadOnlyMemory<byte> payload, string source, string secret)
    {
        var text = new ArrayBufferWriter<byte>(payload.Length + 128);
        text.Write("{\"command\":"u8);
        CanonicalJson.WriteString(command, text);
        text.Write(",\"payload\":"u8);
        CanonicalJson.Write(payload.IsEmpty ? JsonText.Null : payload, text);
        text.Write(",\"source\":"u8);
        CanonicalJson.WriteString(source, text);
        text.Write("}"u8);
        return Authenticate(text.WrittenSpan, secret);
    }

    /// <summary>The seal over a signed command's delivery.</summary>
    /// <param name="expires">Unix seconds.</param>
    public static string Seal(string agent, string id, long expires, string signature, string secret)
    {
        // A JSON array, so that no two deliveries have the same text, whatever characters a name has.
        var text = new ArrayBufferWriter<byte>(256);
        text.Write("["u8);
        foreach (var part in (ReadOnlySpan<string>)[SealVersion, agent, id, expires.ToString(CultureInfo.InvariantCulture)])
        {
            CanonicalJson.WriteString(part, text);
            text.Write(","u8);
        }

        CanonicalJson.WriteString(signature, text);
        text.Write("]"u8);
        return Authenticate(text.WrittenSpan, secret);
    }

    /// <summary>Whether a signature fits, found out in a time that does not depend on where it differs.</summary>
    /// <exception cref="JsonException">The payload has no canonical form.</exception>
    public static bool Verify(CommandEnvelope envelope, string secret) =>
        Same(envelope.Signature, Sign(envelope.Command, envelope.Payload, envelope.Source, secret));

    /// <summary>Whether a seal fits this agent, in constant time.</summary>
    public static bool VerifySeal(CommandEnvelope envelope, string agent, string secret) =>
        Same(envelope.Seal, Seal(agent, envelope.Id, envelope.Expires, envelope.Signature, secret));

    private static string Authenticate(ReadOnlySpan<byte> text, string secret) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), text));

    private static bool Same(string given, string wanted) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(wanted));
}
