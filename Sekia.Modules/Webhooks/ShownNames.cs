using System.Buffers;
using System.Collections.Frozen;

namespace Sekia.Modules.Webhooks;

/// <summary>Which of a request's headers and query parameters an event may show: those that describe it, and none that prove who sent it.</summary>
internal static class ShownNames
{
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly FrozenSet<string> s_shown =
        FrozenSet.ToFrozenSet(["content-type", "user-agent", "idempotency-key"], StringComparer.OrdinalIgnoreCase);

    private static readonly string[] s_shownPrefixes = ["x-", "ce-", "webhook-"];

    /// <summary>Words that make a name one of a secret, or of a proof made with one.</summary>
    private static readonly FrozenSet<string> s_secretWords = FrozenSet.ToFrozenSet(
        ["auth", "authorization", "cookie", "credential", "credentials", "hmac", "jwt", "password", "secret", "session", "sig", "signature", "token", "apikey"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly string[] s_secretPairs = ["api-key", "access-key", "private-key", "api_key", "access_key", "private_key"];

    public static bool IsHeader(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(s_token);

    /// <summary>Whether an event shows this header.</summary>
    public static bool IsShown(string name) =>
        (s_shown.Contains(name) || Array.Exists(s_shownPrefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) && !SpeaksOfSecret(name);

    /// <summary>Whether the name of a header or a parameter says that its value is for the receiver alone.</summary>
    public static bool SpeaksOfSecret(string name) =>
        name.Split('-', '_', '.').Any(s_secretWords.Contains) || Array.Exists(s_secretPairs, pair => name.Contains(pair, StringComparison.OrdinalIgnoreCase));
}
