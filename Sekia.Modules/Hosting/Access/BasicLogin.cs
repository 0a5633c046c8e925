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

    private static bool Matches(string header, string expected)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var given)
            || !"Basic".Equals(given.Scheme, StringComparison.OrdinalIgnoreCase)
            || given.Parameter is not { } parameter)
        {
            return false;
        }

        var decoded = new byte[parameter.Length];
        return Convert.TryFromBase64String(parameter, decoded, out var length)
            // Hashes have one length, so that the time taken tells nothing, not even how long the login is.
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(decoded.AsSpan(0, length)), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));
    }
}
