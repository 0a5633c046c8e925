using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Sekia.Modules.Hosting.Access;

/// <summary>HTTP Basic with the configured login.</summary>
internal sealed class BasicLogin(LiveOptions<WebCredentials> credentials)
{
    public const string Challenge = "Basic realm=\"Sekia\", charset=\"UTF-8\"";

    /// <summary>Whether a login is configured.</summary>
    public bool IsSet => credentials.Current.AreSet;

    /// <summary>Whether a header <c>Authorization</c> carries the login.</summary>
    public bool Matches(string header)
    {
        var login = credentials.Current;
        return login.AreSet && Matches(header, $"{login.Username}:{login.Password}");
    }

    /// <summary>The password in a header <c>Authorization</c>, whoever's it is; <c>null</c> when there is none.</summary>
    public static string? PasswordIn(string header) =>
        Given(header) is { } given && Encoding.UTF8.GetString(given) is var text && text.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0
            ? text[(colon + 1)..]
            : null;

    // Hashes have one length, so that the time taken tells nothing, not even how long the login is.
    private static bool Matches(string header, string expected) =>
        Given(header) is { } given && CryptographicOperations.FixedTimeEquals(SHA256.HashData(given), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));

    /// <summary>What a browser was told: username, colon, password.</summary>
    private static byte[]? Given(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var given)
            || !"Basic".Equals(given.Scheme, StringComparison.OrdinalIgnoreCase)
            || given.Parameter is not { } parameter)
        {
            return null;
        }

        var decoded = new byte[parameter.Length];
        return Convert.TryFromBase64String(parameter, decoded, out var length) ? decoded[..length] : null;
    }
}
