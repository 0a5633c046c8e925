using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Sekia.Modules.Agents;

namespace Sekia.Modules.GitHub.Client;

/// <summary>What an answer of GitHub that is not a success means: refused, not now, or broken.</summary>
internal static class GitHubFault
{
    /// <summary>What GitHub asks for when it names no time.</summary>
    private static readonly TimeSpan s_usualPause = TimeSpan.FromMinutes(1);

    /// <summary>Limits are counted by the hour; what asks for more is asked again after this.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromHours(1);

    /// <summary>What to throw.</summary>
    /// <param name="response">Any answer but a success.</param>
    /// <param name="body">Its body.</param>
    /// <param name="words">The request in words.</param>
    /// <param name="tokenSetting">The setting that holds the token.</param>
    public static Exception Of(HttpResponseMessage response, byte[] body, string words, string tokenSetting, TimeProvider clock)
    {
        var status = response.StatusCode;
        var refusal = Parse(body);
        var said = GitHubWords.Of(refusal);
        var what = $"GitHub answered {(int)status} to {words}{(said.Length == 0 ? "" : $": {said}")}";
        what = what.TrimEnd('.') + ".";
        if (PauseOf(response, refusal?.Message ?? "", clock) is { } pause)
        {
            return new RetryAfterException(pause, $"{what} It asked to wait {pause.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s.");
        }

        return (int)status >= 500 || status == HttpStatusCode.RequestTimeout
            ? new HttpRequestException(what, null, status)
            : new GitHubRefusedException(status, refusal?.Message ?? "", what + Hint(response, tokenSetting));
    }

    /// <summary>How long until GitHub's limit of requests lets more through; at least a second, at most an hour.</summary>
    public static TimeSpan UntilReset(HttpResponseHeaders headers, TimeProvider clock)
    {
        // By GitHub's own clock when it tells it: ours may be wrong.
        var now = headers.Date ?? clock.GetUtcNow();
        return GitHubRateLimit.Of(headers) is { Remaining: 0 } limit ? Bounded(limit.Reset - now + TimeSpan.FromSeconds(1)) : s_usualPause;
    }

    /// <summary>How long to wait, when the answer is "not now"; nothing was carried out then.</summary>
    private static TimeSpan? PauseOf(HttpResponseMessage response, string message, TimeProvider clock)
    {
        var asked = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - (response.Headers.Date ?? clock.GetUtcNow()),
            _ => (TimeSpan?)null,
        };
        var isLimit = response.StatusCode == HttpStatusCode.TooManyRequests
            || (response.StatusCode == HttpStatusCode.Forbidden
                && (asked is not null
                    || GitHubRateLimit.Of(response.Headers) is { Remaining: 0 }
                    || message.Contains("secondary rate limit", StringComparison.OrdinalIgnoreCase)
                    || message.Contains("abuse detection", StringComparison.OrdinalIgnoreCase)));
        return isLimit || (response.StatusCode == HttpStatusCode.ServiceUnavailable && asked is not null)
            ? asked is { } pause ? Bounded(pause) : UntilReset(response.Headers, clock)
            : null;
    }

    private static TimeSpan Bounded(TimeSpan pause) => TimeSpan.FromTicks(Math.Clamp(pause.Ticks, TimeSpan.TicksPerSecond, s_longestPause.Ticks));

    /// <summary>What to do about it, with a space before it; empty when GitHub's own message says enough.</summary>
    private static string Hint(HttpResponseMessage response, string tokenSetting) => response.StatusCode switch
    {
        HttpStatusCode.Unauthorized => $" The token is wrong or has expired; set a valid one as {tokenSetting}.",
        HttpStatusCode.Forbidden => Permissions(response.Headers),
        HttpStatusCode.NotFound => " There is no such thing, or the token may not see it." + Permissions(response.Headers),
        _ => "",
    };

    private static string Permissions(HttpResponseHeaders headers)
    {
        // For fine-grained tokens and apps; alternatives are separated by semicolons.
        if (Header(headers, "X-Accepted-GitHub-Permissions") is { Length: > 0 } permissions)
        {
            var ways = permissions.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return $" It takes a token with the permission {string.Join(", or ", ways.Select(way => way.Replace(",", " and ", StringComparison.Ordinal)))}.";
        }

        // For classic tokens.
        return Header(headers, "X-Accepted-OAuth-Scopes") is { Length: > 0 } scopes && Header(headers, "X-OAuth-Scopes") is { } held
            ? $" It takes a token with the scope {scopes.Replace(",", " or", StringComparison.Ordinal)}; this one has {(held.Length == 0 ? "none" : held)}."
            : "";
    }

    private static string? Header(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? GitHubWords.OneLine(string.Join(", ", values)) : null;

    private static GitHubErrorBody? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, GitHubJson.Default.GitHubErrorBody);
        }
        catch (JsonException)
        {
            // A page of HTML from a proxy, or nothing at all: the status has to say it.
            return null;
        }
    }
}

/// <summary>GitHub refused a request. Commands for which a certain refusal is no failure look at the parts.</summary>
/// <param name="status">GitHub's status.</param>
/// <param name="said">GitHub's own message.</param>
/// <param name="message">All of it, for the asker.</param>
internal sealed class GitHubRefusedException(HttpStatusCode status, string said, string message) : CommandFailedException(message)
{
    public HttpStatusCode Status => status;

    public string Said => said;
}
