using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace Sekia.Modules.Hosting.Access;

/// <summary>Tells who is calling: by the socket they come through, the token or the login they show, or the machine they are on.</summary>
internal sealed class CallerCheck(BasicLogin login, TokenFile tokens, GuessBrake brake)
{
    private const string Bearer = "Bearer";

    /// <summary>The caller; or <c>null</c>, and how long they have to wait when they have guessed too often.</summary>
    public (Caller? Caller, TimeSpan? Wait) Of(HttpContext context)
    {
        if (OwnSocket.Covers(context))
        {
            return (Caller.OwnUser, null);
        }

        var header = context.Request.Headers.Authorization.ToString();
        var token = TokenIn(header);
        if (token is null && !login.IsSet)
        {
            return (ThisMachine.Sent(context) ? Caller.OnThisMachine : null, null);
        }

        return header.Length == 0 ? (null, null) : Check(context, header, token);
    }

    /// <summary>Whether a caller that was let in some time ago would be let in now: a token may have been revoked.</summary>
    public bool StillAdmits(Caller caller)
    {
        try
        {
            return caller.Token is null || tokens.List().Contains(caller.Token);
        }
        catch (InvalidDataException)
        {
            // What cannot be read lets nobody in.
            return false;
        }
    }

    /// <summary>What to ask a stranger for. A browser asks its user for nothing but a login, whose password may be a token.</summary>
    public string ChallengesFor(PathString path) => login.IsSet || IsForBrowsers(path) && tokens.List().Count > 0 ? $"{BasicLogin.Challenge}, {Bearer}" : Bearer;

    /// <summary>What to tell a stranger.</summary>
    public string Advice => login.IsSet
        ? "Log in with the username and password of the section Dashboard (HTTP Basic), or send a token (Authorization: Bearer sekia_…); sekia token create makes one."
        : "Send a token (Authorization: Bearer sekia_…): sekia token create makes one. It may have been revoked; sekia token list shows those that are good.";

    private (Caller? Caller, TimeSpan? Wait) Check(HttpContext context, string header, string? token)
    {
        if (token is not null && AccessToken.IsWellFormed(token))
        {
            // Past the brake: behind a proxy everybody has one address, and a program whose token was revoked must not shut out the others.
            return (CallerWith(token) ?? CallerLoggedIn(header), null);
        }

        var address = context.Connection.RemoteIpAddress;
        if (brake.WaitOf(address) is { } wait)
        {
            // Not even a right login is taken now: the answer would tell that it is right.
            return (null, wait);
        }

        var caller = CallerLoggedIn(header);
        if (caller is null)
        {
            brake.Count(address);
        }

        return (caller, null);
    }

    private Caller? CallerWith(string text) => tokens.Find(text) is { } token ? Caller.With(token) : null;

    private Caller? CallerLoggedIn(string header) => login.Matches(header) ? Caller.LoggedIn : null;

    /// <summary>The token a caller shows, be it a good one or not: as such, or, from a browser, as the password of a login.</summary>
    private static string? TokenIn(string header) =>
        header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? AuthenticationHeaderValue.TryParse(header, out var given) && given is { Scheme: var scheme, Parameter: { } text } && scheme.Equals(Bearer, StringComparison.OrdinalIgnoreCase) ? text : ""
            : BasicLogin.PasswordIn(header) is { } password && AccessToken.IsLike(password) ? password : null;

    private static bool IsForBrowsers(PathString path) => path == "/" || path.StartsWithSegments("/web", StringComparison.OrdinalIgnoreCase);
}
