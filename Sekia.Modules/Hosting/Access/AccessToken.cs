using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Sekia.Modules.Hosting.Access;

/// <summary>A token as it is kept: never itself, only its hash. A hash of 256 random bits needs no salt and no slow function.</summary>
/// <param name="Name">Whose it is, for example <c>ci</c>.</param>
/// <param name="Role">What it allows.</param>
/// <param name="Sha256">The hash in hex.</param>
/// <param name="CreatedAt">When it was created.</param>
internal sealed partial record AccessToken(string Name, AccessRole Role, string Sha256, DateTimeOffset CreatedAt)
{
    private const string Prefix = "sekia_";

    /// <summary>A new token's text, which is shown once.</summary>
    public static string NewText() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Whether a text is one of ours by its looks.</summary>
    public static bool IsLike(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether a text has all that ours have: no such text is found by guessing.</summary>
    public static bool IsWellFormed(string text) => Form().IsMatch(text);

    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    [GeneratedRegex("^" + Prefix + @"[A-Za-z0-9_-]{43}\z")]
    private static partial Regex Form();
}

/// <summary>How the file of tokens is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AccessToken[]))]
internal sealed partial class AccessTokenJson : JsonSerializerContext;
