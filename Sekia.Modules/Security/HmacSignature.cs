using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Sekia.Modules.Security;

/// <summary>Checks who sent a webhook: HMAC-SHA256 over the raw body, before anything in it is believed. In either letter case, with or without <c>sha256=</c>.</summary>
internal static class HmacSignature
{
    private const string Prefix = "sha256=";

    /// <summary>Reads the signature a request bears.</summary>
    /// <param name="values">The header's values.</param>
    /// <param name="signature">32 bytes, when there is no fault.</param>
    /// <returns>What is wrong with it, to follow the header's name; <c>null</c> when nothing is.</returns>
    public static string? FaultOf(StringValues values, out byte[] signature)
    {
        signature = new byte[SHA256.HashSizeInBytes];
        if (values.Count == 0)
        {
            return "is missing";
        }

        var text = values.Count == 1 ? values[0].AsSpan() : [];
        var digits = text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? text[Prefix.Length..] : text;
        return digits.Length == signature.Length * 2 && Convert.FromHexString(digits, signature, out _, out _) == OperationStatus.Done
            ? null
            : "is not the HMAC-SHA256 of the body in 64 hexadecimal digits";
    }

    /// <summary>Compares in constant time, so that nobody can guess a signature digit by digit.</summary>
    public static bool Matches(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> body, string secret)
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, expected);
        return CryptographicOperations.FixedTimeEquals(expected, signature);
    }
}
