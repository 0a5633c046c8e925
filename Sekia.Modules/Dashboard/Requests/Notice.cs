using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Dashboard.Requests;

/// <summary>What came of an action, told on the next page and then forgotten.</summary>
/// <param name="Text">A sentence.</param>
/// <param name="IsRefusal">Whether nothing was done.</param>
/// <param name="Path">The page of what came of it, if there is one.</param>
public sealed record Notice(string Text, bool IsRefusal = false, string? Path = null)
{
    internal const string Cookie = "sekia_notice";

    private const int MaxCharacters = 600;
    private const char BeforePath = '\n';
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(1);

    /// <summary>Keeps it for the next page.</summary>
    internal void Put(HttpContext context) => context.Response.Cookies.Append(
        Cookie,
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes((IsRefusal ? "-" : "+") + (Text.Length > MaxCharacters ? Text[..MaxCharacters] + "…" : Text).ReplaceLineEndings(" ") + BeforePath + Path)),
        Options(context, s_life));

    /// <summary>The one that was kept, which is then gone.</summary>
    internal static Notice? Take(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { Length: > 0 } kept)
        {
            return null;
        }

        context.Response.Cookies.Delete(Cookie, Options(context, life: null));
        if (!Base64Url.IsValid(kept))
        {
            return null;
        }

        var bytes = new byte[kept.Length];
        return Base64Url.TryDecodeFromChars(kept, bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length) is { Length: > 1 } text
            ? Of(text[0] == '-', text[1..].Split(BeforePath))
            : null;
    }

    private static Notice Of(bool isRefusal, string[] parts) =>
        new(parts[0], isRefusal, parts.Length > 1 && parts[1].StartsWith("/web/", StringComparison.Ordinal) ? parts[1] : null);

    private static CookieOptions Options(HttpContext context, TimeSpan? life) =>
        new() { Path = "/web", HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, MaxAge = life };
}
