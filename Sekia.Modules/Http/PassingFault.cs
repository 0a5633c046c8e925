using System.Globalization;
using System.Net;
using Sekia.Modules.Agents;

namespace Sekia.Modules.Http;

/// <summary>Tells an answer from a server's "not now".</summary>
internal static class PassingFault
{
    /// <summary>A server that asks for more is asked again after this.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromHours(1);

    /// <summary>What to throw so that the request is made again later; <c>null</c> when the response is an answer.</summary>
    public static Exception? Of(HttpResponseMessage response, OutgoingRequest request, TimeProvider clock)
    {
        var status = (int)response.StatusCode;
        if (status is not 429 and < 500)
        {
            return null;
        }

        var what = $"{request.Words} answered {status}";
        if (request.AlreadyDone is { } done)
        {
            return new CommandFailedException($"{done}; but to fetch its answer, {what}.");
        }

        return response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && PauseOf(response, clock) is { } pause
            ? new RetryAfterException(pause, $"{what} and asked to wait {pause.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s.")
            : new HttpRequestException($"{what}.", null, response.StatusCode);
    }

    /// <summary>How long <c>Retry-After</c> asks to wait; <c>null</c> when there is none that can be read.</summary>
    private static TimeSpan? PauseOf(HttpResponseMessage response, TimeProvider clock)
    {
        var asked = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - clock.GetUtcNow(),
            _ => DigitsOnly(response) ? s_longestPause : (TimeSpan?)null,
        };
        return asked is null ? null : TimeSpan.FromTicks(Math.Clamp(asked.Value.Ticks, 0, s_longestPause.Ticks));
    }

    /// <summary>Whether it is a number of seconds too large for the parser.</summary>
    private static bool DigitsOnly(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Retry-After", out var values) && values.ToString() is { Length: > 0 } text && text.All(char.IsAsciiDigit);
}
