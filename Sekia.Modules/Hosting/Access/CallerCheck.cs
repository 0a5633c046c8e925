using System.Net;
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
        var isToken = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);
        if (!isToken && !login.IsSet)
        {
            return (IsOnThisMachine(context) ? Caller.OnThisMachine : null, null);
        }

        return header.Length == 0 ? (null, null) : Check(context, header, isToken);
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

    /// <summary>What to ask a stranger for.</summary>
    public string Challenges => login.IsSet ? $"{BasicLogin.Challenge}, {Bearer}" : Bearer;

    /// <summary>What to tell a stranger.</summary>
    public string Advice => login.IsSet
        ? "Log in with the username and password of the section Dashboard (HTTP Basic), or send a token (Authorization: Bearer sekia_…); sekia token create makes one."
        : "Send a token (Authorization: Bearer sekia_…): sekia token create makes one. It may have been revoked; sekia token list shows those that are good.";

    private (Caller? Caller, TimeSpan? Wait) Check(HttpContext context, string header, bool isToken)
    {
        var address = context.Connection.RemoteIpAddress;
        if (brake.WaitOf(address) is { } wait)
        {
            // Not even a right one is taken now: the answer would tell that it is right.
            return (null, wait);
        }

        var caller = isToken ? CallerWith(header) : login.Matches(header) ? Caller.LoggedIn : null;
        if (caller is null)
        {
            brake.Count(address);
        }

        return (caller, null);
    }

    private Caller? CallerWith(string header) =>
        AuthenticationHeaderValue.TryParse(header, out var given) && given is { Scheme: var scheme, Parameter: { } text }
        && scheme.Equals(Bearer, StringComparison.OrdinalIgnoreCase)
        && tokens.Find(text) is { } token
            ? Caller.With(token)
            : null;

    /// <summary>A caller without an address is in this process.</summary>
    private static bool IsOnThisMachine(HttpContext context) => context.Connection.RemoteIpAddress is not { } address || IPAddress.IsLoopback(address);
}
