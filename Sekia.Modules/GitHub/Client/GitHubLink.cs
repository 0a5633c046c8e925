using System.Net;
using Sekia.Modules.Agents;

namespace Sekia.Modules.GitHub.Client;

/// <summary>Where GitHub sends its reader next: to the next page, or to where something has moved.</summary>
/// <remarks>Only an address of the same origin is followed: the token goes along.</remarks>
internal static class GitHubLink
{
    /// <summary>The address with <c>rel="next"</c> in a <c>Link</c> header; <c>null</c> when the page is the last.</summary>
    /// <exception cref="CommandFailedException">There is one, and it cannot be followed: a part must not be taken for the whole.</exception>
    public static Uri? Next(string? link, Uri from)
    {
        foreach (var part in (link ?? "").Split(','))
        {
            var (open, close) = (part.IndexOf('<', StringComparison.Ordinal), part.IndexOf('>', StringComparison.Ordinal));
            if (open >= 0 && close > open && part.IndexOf("rel=\"next\"", close, StringComparison.OrdinalIgnoreCase) >= 0)
            {
                return SameOrigin(part[(open + 1)..close], from) ?? throw Elsewhere(part[(open + 1)..close], from);
            }
        }

        return null;
    }

    /// <summary>Where a renamed or transferred repository is now. GitHub means the same request, with the same method, to be repeated there.</summary>
    public static Uri? Redirect(HttpResponseMessage response, Uri from) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && response.Headers.Location is { } location
            ? SameOrigin(location.OriginalString, from)
            : null;

    private static Uri? SameOrigin(string address, Uri from) =>
        Uri.TryCreate(from, address, out var to) && Uri.Compare(to, from, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0
            ? to
            : null;

    private static CommandFailedException Elsewhere(string address, Uri from)
    {
        var there = Uri.TryCreate(from, address, out var to) ? OriginOf(to) : "an address that is none";
        return new CommandFailedException(
            $"The list at {from.AbsolutePath} goes on at {GitHubWords.OneLine(there)}, and the token is for {OriginOf(from)} only. Set BaseUrl to where GitHub itself says that its API is.");
    }

    private static string OriginOf(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
