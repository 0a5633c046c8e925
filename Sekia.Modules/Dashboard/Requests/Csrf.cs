using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Dashboard.Requests;

/// <summary>
/// Tells our own forms from those of other websites: what a form or the script sends must be what the cookie holds, and a foreign page can
/// neither read the cookie nor make the browser send it.
/// </summary>
internal static partial class Csrf
{
    public const string Cookie = "sekia_csrf";
    public const string Header = "X-CSRF-Token";
    public const string Field = "_csrf";

    private const int Bytes = 32;

    /// <summary>The visitor's token; a new one is put into the answer's cookies.</summary>
    public static string TokenFor(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is { } known && Form().IsMatch(known))
        {
            return known;
        }

        if (context.Items[typeof(Csrf)] is string made)
        {
            return made;
        }

        var token = RandomNumberGenerator.GetHexString(Bytes * 2, lowercase: true);
        context.Items[typeof(Csrf)] = token;
        context.Response.Cookies.Append(Cookie, token, new CookieOptions { Path = "/web", SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps });
        return token;
    }

    /// <summary>Whether a form or a header carries what the cookie holds.</summary>
    public static bool IsOurs(HttpContext context, IFormCollection form)
    {
        var given = context.Request.Headers[Header].ToString() is { Length: > 0 } header ? header : form[Field].ToString();
        return context.Request.Cookies[Cookie] is { } expected && Form().IsMatch(expected)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Form();
}
