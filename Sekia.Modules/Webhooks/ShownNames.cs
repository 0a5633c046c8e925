using System.Buffers;
using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Sekia.Modules.Webhooks;

/// <summary>Which of a request's headers and query parameters an event may show: those that describe it, and none that prove who sent it.</summary>
internal static partial class ShownNames
{
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Shown whatever their words say.</summary>
    private static readonly FrozenSet<string> s_shown =
        FrozenSet.ToFrozenSet(["content-type", "user-agent", "idempotency-key", "x-event-key"], StringComparer.OrdinalIgnoreCase);

    private static readonly string[] s_shownPrefixes = ["x-", "ce-", "webhook-"];

    /// <summary>Words that make a name one of a secret, or of a proof made with one; within a longer word they mean other things.</summary>
    private static readonly FrozenSet<string> s_secretWords = FrozenSet.ToFrozenSet(
        ["auth", "code", "oauth", "pass", "sas", "sig", "sign"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The same, wherever in a name they stand.</summary>
    private static readonly SearchValues<string> s_secretParts = SearchValues.Create(
        ["authoriz", "bearer", "cookie", "credential", "hmac", "jwt", "passphrase", "passwd", "password", "pwd", "secret", "session", "signature", "token"],
        StringComparison.OrdinalIgnoreCase);

    public static bool IsHeader(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(s_token);

    /// <summary>Whether an event shows this header.</summary>
    public static bool IsShown(string name) =>
        s_shown.Contains(name) ||
        (Array.Exists(s_shownPrefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) && !SpeaksOfSecret(name));

    /// <summary>Whether the name of a header or a parameter says that its value is for the receiver alone.</summary>
    public static bool SpeaksOfSecret(string name) =>
        name.AsSpan().ContainsAny(s_secretParts) ||
        Words.Matches(name).Any(word => s_secretWords.Contains(word.Value) || word.ValueSpan.EndsWith("key", StringComparison.OrdinalIgnoreCase));

    /// <summary>The words of a name, whether it joins them by signs or by capitals: <c>access_key</c>, <c>accessKey</c>, <c>APIKey</c>.</summary>
    [GeneratedRegex(@"\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+")]
    private static partial Regex Words { get; }
}
